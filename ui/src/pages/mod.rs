//! One file per page.

pub mod amend;
pub mod devices;
pub mod enrol;
pub mod facts;
pub mod feedback;
pub mod household;
pub mod households;
pub mod import;
pub mod keys;
pub mod lock;
pub mod matter;
pub mod matters;
pub mod me;
pub mod people;
pub mod picker;
pub mod post_form;
pub mod privacy;
pub mod staircases;
pub mod sync;
pub mod team;
pub mod timeline;
pub mod today;
pub mod urgent;
pub mod visit;
pub mod visit_form;
pub mod visit_time;
