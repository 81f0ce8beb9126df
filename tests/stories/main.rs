//! Stories with the real server, devices with real databases, and the roads that break between them.
#![expect(clippy::unwrap_used, reason = "a story that cannot go on says so by panicking")]

mod access;
mod commands;
mod common;
mod copies;
mod courier;
mod deletions;
mod enrolling;
mod erasures;
mod first_sync;
mod handling;
mod imports;
mod left_behind;
mod letters;
mod moving;
mod older;
mod operating;
mod photos;
mod refusals;
mod standing;
mod tls;
mod tokens;
mod two_people;
mod weak_links;
mod wrong_servers;
