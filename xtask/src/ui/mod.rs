//! Builds the user interface and assembles `ui/dist`.

mod dist;
mod minify;
mod module;
mod names;
mod pack;
mod size;
mod web;
// The pages' own build reads the words the same way.
#[path = "../../../ui/translations.rs"]
mod translations;

use anyhow::Result;
use module::Module;
use pico_args::Arguments;

use crate::{none_left, places::Places, setup};

/// `cargo xtask ui [--debug]`.
pub fn run(places: &Places, mut arguments: Arguments) -> Result<()> {
    let shape = if arguments.contains("--debug") { Shape::Debug } else { Shape::Shipped };
    none_left(arguments)?;
    build(places, shape)
}

/// How the user interface is compiled.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Quick to build, large.
    Debug,
    /// As users get it.
    Shipped,
}

/// Builds the user interface, reports its size and refuses one that is too large.
pub fn build(places: &Places, shape: Shape) -> Result<()> {
    let toolchain = setup::ui(places)?;
    let module = module::build(places, &toolchain, Module::Ui, shape)?;
    let scan = module::build(places, &toolchain, Module::Scan, shape)?;
    let files = dist::assemble(places, [&module, &scan], shape)?;
    size::report(&files, shape)?;
    let core = module::build(places, &toolchain, Module::Browser, shape)?;
    let tables = module::build(places, &toolchain, Module::Tables, shape)?;
    let lockbox = module::build(places, &toolchain, Module::Lockbox, shape)?;
    let web = web::assemble(places, files, [&core, &tables, &lockbox], shape)?;
    size::report_web(&web, shape)
}
