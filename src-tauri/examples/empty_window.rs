//! A Tauri window with nothing in it, which `cargo xtask bench window` measures ours against.

use tauri::{WebviewUrl, WebviewWindowBuilder};

fn main() -> anyhow::Result<()> {
    let blank = "about:blank".parse()?;
    tauri::Builder::default()
        .setup(move |app| {
            WebviewWindowBuilder::new(app, "main", WebviewUrl::External(blank))
                .initialization_script("addEventListener('load', () => performance.mark('empty-ready'))")
                .build()?;
            Ok(())
        })
        .run(tauri::generate_context!())?;
    Ok(())
}
