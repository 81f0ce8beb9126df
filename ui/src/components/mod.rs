//! The kit that the pages are made of, with keyboard and ARIA done once.

pub mod button;
pub mod calendar;
pub mod call;
pub mod chip;
pub mod code_sheet;
pub mod device_file;
pub mod device_rows;
pub mod dialog;
pub mod field;
pub mod file;
pub mod household_row;
pub mod icon;
pub mod keyed;
pub mod matter_form;
pub mod note;
pub mod page;
pub mod pick;
pub mod progress;
pub mod pull;
pub mod quick;
pub mod rejoin;
pub mod room;
pub mod scan;
pub mod toast;
pub mod virtual_list;

pub use button::{Button, IconButton, LinkButton, Tone};
pub use calendar::DayField;
pub use chip::{Chip, StandingChip};
pub use dialog::Dialog;
pub use field::{Field, LongField, SearchField};
pub use icon::{Icon, Picture};
pub use note::{Empty, FaultNote};
pub use page::{Heading, Page};
pub use pick::{Choice, Pick};
