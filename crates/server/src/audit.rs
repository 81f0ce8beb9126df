//! 审计: what concerns trust, kept so that it cannot be changed unseen.
//!
//! The hash of each entry takes in the hash before it. Whoever can write the database can make another chain from some
//! entry on; that shows wherever the end of the chain was noted outside, which `gridwalk-server audit verify` compares.

use std::fmt;
use std::str::FromStr;

use minicbor::{Decode, Encode};
use records::hex;
use records::{AccountId, DeviceId};
use sync::signature::digest;
use thiserror::Error;

use crate::database::audit::{self, Kept, Link, NOTHING};
use crate::database::sql::Sql;
use crate::fault::ServerFault;

/// What happened; stable, as it is kept.
pub mod deed {
    /// A server was begun.
    pub const BEGUN: &str = "server.begun";
    /// An account was made.
    pub const ACCOUNT_MADE: &str = "account.made";
    /// A person took up another post.
    pub const ACCOUNT_ASSIGNED: &str = "account.assigned";
    /// Everything was taken from a person.
    pub const ACCOUNT_DISMISSED: &str = "account.dismissed";
    /// A one-time code was given out.
    pub const INVITED: &str = "account.invited";
    /// A device was enrolled.
    pub const ENROLLED: &str = "device.enrolled";
    /// A device whose first answer was lost was given another token.
    pub const TOKEN_RENEWED: &str = "device.token_renewed";
    /// A device uses the next token; the one before is void. One that is shown later is a refusal, `sync.token_void`.
    pub const TOKEN_ROTATED: &str = "device.token_rotated";
    /// A device was shut out.
    pub const LOCKED_OUT: &str = "device.locked_out";
    /// A request was refused.
    pub const REFUSED: &str = "request.refused";
    /// A commit was refused.
    pub const COMMIT_REFUSED: &str = "commit.refused";
    /// A late commit was kept for somebody to decide.
    pub const QUARANTINED: &str = "commit.quarantined";
    /// A late commit was taken.
    pub const ACCEPTED: &str = "commit.accepted";
    /// A late commit was turned down.
    pub const REJECTED: &str = "commit.rejected";
    /// A record moved to another area.
    pub const MOVED: &str = "record.moved";
    /// What was kept of a person was erased by a decision; times: records that changed.
    pub const ERASED: &str = "record.erased";
    /// What is kept of a person was put aside and is not used; times: records.
    pub const WITHHELD: &str = "record.withheld";
    /// What was put aside is used again; times: records.
    pub const RELEASED: &str = "record.released";
    /// What was due went; about: how much by which rule.
    pub const SWEPT: &str = "server.swept";
    /// The beginning of the audit went, for its time was over; about: the last entry of it, `NUMBER:HASH`.
    pub const CUT: &str = "audit.cut";
    /// A backup was made; about: the end of the audit in it.
    pub const BACKED_UP: &str = "server.backed_up";
    /// The database was made of a backup; about: the end of the audit in it.
    pub const RESTORED: &str = "server.restored";
}

/// Entries read at a time.
const AT_A_TIME: u32 = 1_000;

/// One thing that happened. Never the content of a record, never a code or token.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Entry {
    /// When, ms since 1970 UTC, by the server's clock.
    #[n(0)]
    pub at_ms: i64,
    /// What, of [`deed`].
    #[n(1)]
    pub deed: String,
    /// Whose account it concerns.
    #[n(2)]
    pub account: Option<AccountId>,
    /// Which device it concerns.
    #[n(3)]
    pub device: Option<DeviceId>,
    /// What more there is to say: a stable code, an area, an id.
    #[n(4)]
    pub about: Option<String>,
    /// The network address a refused request came from.
    #[n(5)]
    pub from: Option<String>,
    /// How often, where many of one kind came at once.
    #[n(6)]
    pub times: u32,
    /// Who did it, where it was somebody with an account and not the server's keeper.
    #[n(7)]
    pub by: Option<AccountId>,
}

impl Entry {
    /// Something that happened once.
    pub fn new(deed: &'static str, at_ms: i64) -> Self {
        let deed = deed.to_owned();
        Self { at_ms, deed, account: None, device: None, about: None, from: None, times: 1, by: None }
    }

    /// The same, of an account.
    #[must_use]
    pub fn of(self, account: AccountId) -> Self {
        Self { account: Some(account), ..self }
    }

    /// The same, of a device.
    #[must_use]
    pub fn on(self, device: DeviceId) -> Self {
        Self { device: Some(device), ..self }
    }

    /// The same, done by somebody, or by the server's keeper.
    #[must_use]
    pub fn by(self, by: Option<AccountId>) -> Self {
        Self { by, ..self }
    }

    /// The same, with what more there is to say.
    #[must_use]
    pub fn about(self, about: impl fmt::Display) -> Self {
        Self { about: Some(about.to_string()), ..self }
    }
}

/// Adds an entry to the chain. Its end stays locked until the transaction ends, so this comes last.
///
/// # Errors
/// A failure of the database.
pub fn note(connection: &dyn Sql, entry: &Entry) -> Result<(), ServerFault> {
    let end = audit::lock_end(connection)?;
    let entry = minicbor::to_vec(entry).map_err(|_| ServerFault::Unwritable)?;
    audit::add(connection, &Kept { link: next(end, &entry), entry })
}

/// The end of the beginning of the chain whose entries are older than that, and how many these are.
///
/// # Errors
/// A failure of the database.
pub fn old(connection: &dyn Sql, before_ms: i64) -> Result<(Option<Link>, u64), ServerFault> {
    let (mut last, mut count) = (None::<Link>, 0);
    loop {
        let kept = audit::after(connection, last.map_or(0, |link| link.number), AT_A_TIME)?;
        let is_old =
            |kept: &&Kept| minicbor::decode::<Entry>(&kept.entry).is_ok_and(|entry| entry.at_ms < before_ms);
        let old = kept.iter().take_while(is_old).count();
        last = kept[..old].last().map(|kept| kept.link).or(last);
        count += old as u64;
        if old < kept.len() || kept.is_empty() {
            return Ok((last, count));
        }
    }
}

/// Takes that beginning out. An entry of its own says where the chain begins from now on, so that a beginning that
/// somebody else took out still shows. Returns how many entries went.
///
/// # Errors
/// A failure of the database.
pub fn cut(connection: &dyn Sql, before_ms: i64, now_ms: i64) -> Result<u64, ServerFault> {
    audit::lock_end(connection)?;
    let (last, count) = old(connection, before_ms)?;
    if let Some(last) = last {
        audit::cut(connection, last.number)?;
        note(connection, &Entry::new(deed::CUT, now_ms).about(last))?;
    }
    Ok(count)
}

/// The place of this entry behind that one.
fn next(before: Link, entry: &[u8]) -> Link {
    let number = before.number + 1;
    let hash = digest(&[b"gridwalk audit 1", &before.hash[..], &number.to_be_bytes(), entry].concat());
    Link { number, hash }
}

/// Entries behind this number, oldest first, with their numbers. One that a newer version wrote is left out.
///
/// # Errors
/// A failure of the database.
pub fn entries(connection: &dyn Sql, after: u64) -> Result<Vec<(u64, Entry)>, ServerFault> {
    let mut entries = vec![];
    let mut last = after;
    loop {
        let kept = audit::after(connection, last, AT_A_TIME)?;
        let Some(newest) = kept.last() else { return Ok(entries) };
        last = newest.link.number;
        let read =
            kept.iter().filter_map(|kept| Some((kept.link.number, minicbor::decode(&kept.entry).ok()?)));
        entries.extend(read);
    }
}

/// Where the chain breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Broken {
    /// An entry is not what was written, or is missing.
    #[error("entry {0} was changed, or is missing")]
    At(u64),
    /// The chain ends before or behind the entry that was written last.
    #[error("the chain ends at {found}, where {written} was written last")]
    End {
        /// The last entry.
        found: u64,
        /// What was written last.
        written: u64,
    },
    /// What was noted outside is older than the beginning of the chain, which went by rule.
    #[error("entry {0} went when its time was over: note a newer one")]
    TooOld(u64),
    /// The entry that was noted outside is another one here.
    #[error("entry {0} is not the one that was noted: the chain was written anew")]
    Noted(u64),
}

/// Follows the chain from its beginning; answers its end. Compares an entry that was noted elsewhere.
///
/// # Errors
/// A failure of the database; the inner one says where the chain breaks.
pub fn verify(connection: &dyn Sql, noted: Option<Link>) -> Result<Result<Link, Broken>, ServerFault> {
    let mut chain = Chain::begin();
    loop {
        let kept = audit::after(connection, chain.last.number, AT_A_TIME)?;
        if kept.is_empty() {
            break;
        }
        for kept in kept {
            if let Err(broken) = chain.follow(&kept) {
                return Ok(Err(broken));
            }
            if noted.is_some_and(|noted| noted.number == kept.link.number && noted.hash != kept.link.hash) {
                return Ok(Err(Broken::Noted(kept.link.number)));
            }
        }
    }
    let ended = chain.ends_at(audit::end(connection)?);
    Ok(match noted {
        // The last one that went is still known by its hash.
        Some(noted) if ended.is_ok() && chain.goes_through(noted) == Some(false) => {
            Err(Broken::Noted(noted.number))
        }
        Some(noted) if ended.is_ok() && noted.number + 1 < chain.first => Err(Broken::TooOld(noted.number)),
        Some(noted) if ended.is_ok() && noted.number > chain.last.number => Err(Broken::Noted(noted.number)),
        _ => ended,
    })
}

/// A chain that is followed from its beginning, entry by entry.
#[derive(Debug)]
pub struct Chain {
    last: Link,
    /// Number of its first entry.
    first: u64,
    /// The first entry of a chain whose beginning went, until an entry says so …
    unexplained: Option<Kept>,
    /// … and what that one says.
    anchor: Option<Link>,
}

impl Chain {
    /// The end of the chain before its first entry.
    pub const BEGIN: Link = Link { number: 0, hash: NOTHING };

    /// Before the first entry.
    pub fn begin() -> Self {
        Self { last: Self::BEGIN, first: 1, unexplained: None, anchor: None }
    }

    /// Goes on to the next entry.
    ///
    /// # Errors
    /// [`Broken::At`] where it is not the one that was written.
    pub fn follow(&mut self, kept: &Kept) -> Result<(), Broken> {
        let is_cut = self.last == Self::BEGIN && kept.link.number > 1;
        match () {
            () if is_cut => (self.first, self.unexplained) = (kept.link.number, Some(kept.clone())),
            () if kept.link != next(self.last, &kept.entry) => return Err(self.breaks()),
            () => {}
        }
        self.last = kept.link;
        self.explain(&kept.entry);
        Ok(())
    }

    /// An entry may say that the beginning went, and what was last of it.
    fn explain(&mut self, entry: &[u8]) {
        let Some(first) = &self.unexplained else { return };
        let entry = minicbor::decode::<Entry>(entry).ok().filter(|entry| entry.deed == deed::CUT);
        let anchor = entry.and_then(|entry| entry.about?.parse::<Link>().ok());
        let anchor = anchor.filter(|anchor| anchor.number + 1 == first.link.number);
        if let Some(anchor) = anchor.filter(|anchor| next(*anchor, &first.entry) == first.link) {
            (self.anchor, self.unexplained) = (Some(anchor), None);
        }
    }

    /// Whether the chain went on from this link, where that can be said of what went.
    fn goes_through(&self, link: Link) -> Option<bool> {
        self.anchor.filter(|anchor| anchor.number == link.number).map(|anchor| anchor == link)
    }

    /// That the chain breaks here.
    pub fn breaks(&self) -> Broken {
        Broken::At(self.last.number + 1)
    }

    /// Whether this is the end that was written; answers it.
    ///
    /// # Errors
    /// [`Broken::End`]; [`Broken::At`] where the beginning is missing and no entry says that it went by rule.
    pub fn ends_at(&self, written: Link) -> Result<Link, Broken> {
        match written == self.last {
            true if self.unexplained.is_some() => Err(Broken::At(self.first.saturating_sub(1))),
            true => Ok(written),
            false => Err(Broken::End { found: self.last.number, written: written.number }),
        }
    }
}

/// An end of the chain as it is noted outside: `NUMBER:HASH`.
impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.number, hex::digits(&self.hash))
    }
}

/// Such a note cannot be read.
#[derive(Debug, Error)]
#[error("an end of the audit is written as NUMBER:HASH")]
pub struct NoLink;

impl FromStr for Link {
    type Err = NoLink;

    fn from_str(text: &str) -> Result<Self, NoLink> {
        let (number, hash) = text.split_once(':').ok_or(NoLink)?;
        let hash = hex::bytes(hash).and_then(|bytes| bytes.try_into().ok()).ok_or(NoLink)?;
        Ok(Self { number: number.parse().map_err(|_| NoLink)?, hash })
    }
}
