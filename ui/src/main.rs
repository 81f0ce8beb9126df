//! The user interface: pages, the components they are made of, and the one bridge to the core.
//!
//! Everything on the screen is asked for through [`bridge::ask`] and read again when the core says
//! that records changed. Nothing is kept here beyond what is on the screen.
//!
//! # Names for tests
//!
//! | attribute | where | values |
//! |---|---|---|
//! | `data-page` | root of a page | `today` `households` `household` `visit` `items` `picker` `matter` `sync` `me` `import` `enrol` `lock` `help` `privacy` `feedback` `devices` `team` |
//! | `data-ready` | the same | `true` once its data is shown |
//! | `data-row` | a row | `household` `due` `draft` `item` `matter` `matter-draft` `waiting` `card` `quarantined` `held` `left` `entry` `person` `problem` `next` `update` `room` `device` `colleague`; most with `data-id` |
//! | `data-standing` | a chip | `OnDevice` `Sent` `Accepted` `NeedsYou` |
//! | `data-dialog` | a sheet | `give-up` `change-pin` `quick` `keys` `call` `calendar` `fact` `amend` `matter-form` `time` `withdraw` `code` `lock-out` `post` `colleague` `dismiss` |
//! | `data-first` | the first sync's bar | `running` `paused` |
//! | `data-card` | a card | `refused` `conflict` |
//! | `data-warning` | a warning's sentence | `room` |
//! | `data-fault` | a fault's sentence | its code |
//! | `data-toast` | the message at the bottom | `true` |
//! | `data-preview`, `data-imported` | import | `true` |
//!
//! `data-act` names what can be pressed or filled in:
//! navigation `tab-today` `tab-households` `tab-items` `tab-me` `tab-sync` `add` `add-wide` `sync-chip` `back` `close`;
//! lock `pin` `pin-again` `pin-before` `choose-pin` `unlock` `forgot-pin` `begin-anew` `keep-trying` `other-keyboard` `change-pin` `lock-now`
//! `soon-1` … `soon-4`;
//! welcome `enrol-server` `enrol-code` `enrol-device` `enrol`;
//! 今日 `walk` `visit` `resume`;
//! 住户 `search` `filter-all` `filter-key` `filter-due` `visit`;
//! a household `call` `dial` `visit` `reveal-name` `reveal-phone` `reveal-id` `why-1` … `why-4` `urgent` `timeline-more`
//! `amend` (in its sheet `amend-1` … `amend-8` `amend-note` `amend-reason` `withdraw` `save`)
//! `edit-care` `edit-three` `edit-residents` `edit-hint` `edit-note` `edit-person`, in their sheets `save` and
//! `fact-hint` `fact-note` `fact-reason` `fact-channel` `fact-services` `person-name` `person-phone` `person-id`;
//! 走访 `result-1` … `result-8` `all-well` `finding-1` … `finding-8` `note` `add-matter` `matter-edit` `matter-remove`
//! `next-on` `day-none` (days by `data-day`) `time` `time-day` `time-hour` `time-minute` `done` `kind` `later` `save` `undo` `anew` `next-door` `walk-stop` `urgent`;
//! 记一笔 `quick-search` `quick-matter`;
//! 事项 `report` `search` `category-frequent` `category-01` … `pick` `call-first` `urgent` `off-list` `items-more`
//! `matter-subject` `matter-place` `matter-content` `matter-reason` `save`;
//! 同步 `sync-now` `pause-sync` `spare-data` `waiting-more` `use-mine` `leave-it` (asks first: `withdraw` `keep`)
//! `correct` `try-again` `card-open`;
//! 我的 `language-1` `language-2` `theme-1` … `theme-3` `smaller` `larger` `to-sync` `to-import` `to-help` `to-privacy` `to-feedback` `copy-about` `keys` `update` `persist` `to-devices` `to-team`;
//! 个人信息 `handling-print` `handling-export` `export-reason` `export-write`; 投诉建议 `feedback-text` `feedback-contact` `feedback-send`; 马上求助 `read-out` `reported-1` … `reported-4`;
//! 本人设备 `add-device` `lock-out` `lock-out-yes` `lock-out-no` `code-copy` `code-renew`;
//! 人员 `tab-team` `invite` `colleague` `new-code` `assign` `dismiss` `dismiss-yes` `role-1` … `person-area` `person-of` `post-send`;
//! import `import-file` `import-accept` `import-cancel`.
//!
//! On a phone the list stays on the page, hidden, below what was opened from it; look inside the
//! `data-page` that is meant. `performance.mark('gridwalk-today-ready')` is set once 今日 can be used.

mod bridge;
mod components;
mod days;
mod haptics;
mod idle;
mod keyboard;
mod labels;
mod layout;
mod live;
mod navigation;
mod network;
mod pages;
mod route;
mod shell;
mod state;
mod walk;
mod windows;
mod words;

fn main() {
    leptos::mount::mount_to_body(shell::App);
}
