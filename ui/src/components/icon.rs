//! Every picture of the app: one path each, one stroke width, drawn on a grid of 24.

use leptos::prelude::*;

macro_rules! icons {
    ($($(#[$doc:meta])* $name:ident = $path:literal,)+) => {
        /// A picture. It is never alone: a word stands beside it or names its button.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Icon { $($(#[$doc])* $name,)+ }

        impl Icon {
            fn path(self) -> &'static str {
                match self { $(Self::$name => $path,)+ }
            }
        }
    };
}

icons! {
    /// 今日
    Today = "M4 6h16v14H4zM4 10h16M8 3v4M16 3v4M8.500 15l2.300 2.300L15.500 13",
    /// 住户
    Home = "M4 11l8-7 8 7v9H4zM10 20v-6h4v6",
    /// Add.
    Plus = "M12 5v14M5 12h14",
    /// 事项
    List = "M9 6h11M9 12h11M9 18h11M4.500 6h.01M4.500 12h.01M4.500 18h.01",
    /// 我的, and somebody met.
    Person = "M8 8a4 4 0 1 0 8 0a4 4 0 1 0-8 0M4 20c1.500-4 4.500-5.500 8-5.500s6.500 1.500 8 5.500",
    /// Call.
    Phone = "M6 3h4l1.500 5L9 9.500a12 12 0 0 0 5.500 5.500L16 12.500l5 1.500v4a2 2 0 0 1-2 2C11 20 4 13 4 5a2 2 0 0 1 2-2z",
    /// 同步
    Sync = "M4 12a8 8 0 0 1 14-5.300L20 9M20 4v5h-5M20 12a8 8 0 0 1-14 5.300L4 15M4 20v-5h5",
    /// Search.
    Search = "M4.500 11a6.500 6.500 0 1 0 13 0a6.500 6.500 0 1 0-13 0M16 16l4.500 4.500",
    /// Family.
    Family = "M5 9a3 3 0 1 0 6 0a3 3 0 1 0-6 0M14 10a2.500 2.500 0 1 0 5 0a2.500 2.500 0 1 0-5 0M3 19c.8-3.500 2.500-5 5-5s4.200 1.500 5 5M14.500 14.500c3-.5 5.200 1 6 4.500",
    /// A door.
    Door = "M6 21V4l10-1v18M3 21h18M13 12h.01",
    /// Later.
    Clock = "M4 12a8 8 0 1 0 16 0a8 8 0 1 0-16 0M12 8v4l3 2",
    /// Declined.
    No = "M4 12a8 8 0 1 0 16 0a8 8 0 1 0-16 0M6.500 17.500l11-11",
    /// Moved away.
    Moved = "M4 11l8-7 8 7M6 10v9h6M14 17h7M18 14l3 3-3 3",
    /// Looked at, shown.
    Eye = "M2.500 12c2.500-4.500 5.700-6.500 9.500-6.500s7 2 9.500 6.500c-2.500 4.500-5.700 6.500-9.500 6.500s-7-2-9.500-6.500zM9.500 12a2.500 2.500 0 1 0 5 0a2.500 2.500 0 1 0-5 0",
    /// Scan a code.
    Scan = "M4 8V4h4M16 4h4v4M20 16v4h-4M8 20H4v-4M7 12h10",
    /// Locked.
    Lock = "M6 11h12v10H6zM8.500 11V8a3.500 3.500 0 0 1 7 0v3M12 15v2.500",
    /// Close.
    Close = "M6 6l12 12M18 6L6 18",
    /// Back.
    Back = "M14.500 5l-7 7 7 7",
    /// Onwards.
    Forward = "M9.500 5l7 7-7 7",
    /// Done.
    Check = "M5 12.500l4.500 4.500L19 7",
    /// Sent.
    Up = "M12 19V6M6.500 11L12 5.500 17.500 11",
    /// This device.
    Device = "M7 3h10v18H7zM11 18h2",
    /// Needs you.
    Alert = "M12 4l9 16H3zM12 10v4.500M12 17.500h.01",
    /// No network.
    Offline = "M3 3l18 18M5 12.500a10 10 0 0 1 4-2.400M19 12.500a10 10 0 0 0-4.500-2.600M8.500 16a5 5 0 0 1 7 0M2 9a15 15 0 0 1 4.500-2.800M22 9a15 15 0 0 0-11-4M12 19.500h.01",
    /// Correct a fact.
    Edit = "M4 20h4L19 9l-4-4L4 16zM13 7l4 4",
    /// Take away.
    Remove = "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13M10.500 11v5.500M13.500 11v5.500",
    /// Choose a day.
    Calendar = "M4 6h16v14H4zM4 10h16M8 3v4M16 3v4",
    /// Import.
    Import = "M12 4v11M7 10.500l5 5 5-5M4 20h16",
    /// A file.
    File = "M6 3h8l4 4v14H6zM14 3v4h4M9 12h6M9 16h6",
    /// Language.
    Globe = "M3.500 12a8.500 8.500 0 1 0 17 0a8.500 8.500 0 1 0-17 0M3.500 12h17M12 3.500c5 5.500 5 11.500 0 17M12 3.500c-5 5.500-5 11.500 0 17",
    /// Colours.
    Theme = "M3.500 12a8.500 8.500 0 1 0 17 0a8.500 8.500 0 1 0-17 0M12 3.500v17M12 7h6M12 11h8.300M12 15h7.500M12 19h3.500",
    /// Size of the words.
    Size = "M3 19l5-13 5 13M4.800 14.500h6.400M15 19l3-8 3 8M16.100 16.500h3.800",
    /// About.
    About = "M3.500 12a8.500 8.500 0 1 0 17 0a8.500 8.500 0 1 0-17 0M12 11.500v5M12 8h.01",
    /// Keys.
    Keyboard = "M3 6h18v12H3zM7 10h.01M11 10h.01M15 10h.01M18 10h.01M7 14h10",
    /// All is well.
    Well = "M3.500 12a8.500 8.500 0 1 0 17 0a8.500 8.500 0 1 0-17 0M8.500 14.500c1 1.300 2.200 2 3.500 2s2.500-.7 3.500-2M9 9.500h.01M15 9.500h.01",
    /// A staircase.
    Stairs = "M3 20h4v-4h4v-4h4V8h4V4h2",
    /// A note.
    Note = "M5 4h14v11l-5 5H5zM14 20v-5h5M9 9h6M9 12.500h3",
}

/// Draws a picture; hidden from screen readers, because the word beside it says the same.
#[component]
pub fn Picture(
    /// Which.
    icon: Icon,
    /// Smaller, for chips and lines of text.
    #[prop(optional)]
    is_small: bool,
) -> impl IntoView {
    let class = if is_small { "icon little" } else { "icon" };
    view! {
        <svg class=class viewBox="0 0 24 24" aria-hidden="true" focusable="false">
            <path d=icon.path() />
        </svg>
    }
    .into_any()
}
