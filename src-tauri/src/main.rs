//! 网格随行 on the desktop.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

fn main() -> anyhow::Result<()> {
    gridwalk_lib::run()
}
