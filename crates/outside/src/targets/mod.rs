//! The targets, one module each.

pub(crate) mod access;
pub(crate) mod answer;
pub(crate) mod attachment;
pub(crate) mod backup;
pub(crate) mod commit;
pub(crate) mod courier;
pub(crate) mod device_image;
pub(crate) mod invitation;
pub(crate) mod key_file;
pub(crate) mod photo;
mod plans;
pub(crate) mod qr;
pub(crate) mod request;
pub(crate) mod sealed;
pub(crate) mod search;
pub(crate) mod settle;
pub(crate) mod tables;
pub(crate) mod unpack;
pub(crate) mod workbook;
pub(crate) mod written;
