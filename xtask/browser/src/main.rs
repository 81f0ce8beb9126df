//! Runs tests that were compiled for the browser in one: what cargo calls in the place of a test program.

fn main() -> anyhow::Result<()> {
    wasm_bindgen_cli::wasm_bindgen_test_runner::run_cli_with_args(std::env::args_os())
}
