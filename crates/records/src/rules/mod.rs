//! Rules of the field as pure functions, each with its source.

pub mod cell;
pub mod date_text;
pub mod erasure;
pub mod id_number;
pub mod mask;
pub mod phone;
pub mod photo;
pub mod protection;
pub mod retention;
pub mod rhythm;
pub mod text;
