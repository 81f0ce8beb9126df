//! A Tauri window with nothing in it, which `cargo xtask bench window` measures ours against.

use tauri::{WebviewUrl, WebviewWindowBuilder};

fn main() -> anyhow::Result<()> {
    tauri::Builder::default()
        .setup(|app| {
            WebviewWindowBuilder::new(app, "main", WebviewUrl::App("index.html".into())).build()?;
            Ok(())
        })
        .run(tauri::generate_context!("src-tauri/examples/empty_window/tauri.conf.json"))?;
    Ok(())
}
