//! Prepares the shell's build: the commands it offers, and a place for the built pages.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // A fresh clone has no built pages yet; without the folder nothing would compile.
    std::fs::create_dir_all("ui/dist")?;
    let commands = tauri_build::AppManifest::new().commands(&["call", "upload", "download", "photo"]);
    tauri_build::try_build(tauri_build::Attributes::new().app_manifest(commands))?;
    Ok(())
}
