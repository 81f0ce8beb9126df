//! 微心愿: a small wish of a household, taken up by as many as it needs (domain §2.4, SM-3).

use minicbor::{Decode, Encode};

use crate::body::{Body, Patch};
use crate::codes::{Role, WishCommand as Do, WishState as Is};
use crate::command::{Blocked, By, Command, Event, Situation, Transition, next, nothing};
use crate::declaration::{
    Declaration, Family, Field, Kind, Record, RefusalCode, SENTENCE_LENGTH, readable, texts_fit,
};
use crate::ids::{AccountId, RecordId};
use crate::scope::Audience;

/// One wish. Its text names nobody.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Wish {
    /// Whose.
    #[n(0)]
    pub household: RecordId,
    /// What is wished for, 1–100 characters.
    #[n(1)]
    pub text: String,
    /// What it may cost, in fen.
    #[n(2)]
    pub budget_fen: Option<u32>,
    /// How many people it takes, 1–20.
    #[n(3)]
    pub quota: u8,
    /// What has become of it; nothing yet when it waits to be looked at.
    #[n(4)]
    pub progress: Option<WishProgress>,
}

/// What has become of a wish.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct WishProgress {
    /// Its state.
    #[n(0)]
    pub state: Is,
    /// Who has taken it up, in the order in which the server heard of it.
    #[n(1)]
    pub claimers: Vec<AccountId>,
    /// Since when it is in this state, ms since 1970 UTC by the effective clock.
    #[n(2)]
    pub since_ms: i64,
}

const PROGRESS: u32 = 4;
const MOST_CLAIMERS: u8 = 20;
/// A wish nobody took up goes to the community after 14 days, ms.
const HANDED_OVER_AFTER_MS: i64 = 14 * 24 * 3_600_000;

const EVERYBODY: &[Role] = &[Role::Member, Role::GridWorker, Role::CommunityStaff, Role::CommunityLead];
const HOUSEHOLDS_VOICE: &[Role] = &[Role::GridWorker, Role::CommunityStaff, Role::CommunityLead];
const DESK: &[Role] = &[Role::CommunityStaff, Role::CommunityLead];
const SHOWN: &[Is] = &[Is::Waiting, Is::Open, Is::Claimed, Is::InHand, Is::Done, Is::HandedOver];

const fn step(command: Do, from: &'static [Is], by: &'static [Role], to: Is) -> Transition<Is, Do> {
    Transition { command, from, by: By::Roles(by), to }
}

/// 认领 stays in the state it was in until there are enough, see [`decide`].
const STEPS: &[Transition<Is, Do>] = &[
    step(Do::Approve, &[Is::Waiting], DESK, Is::Open),
    step(Do::Claim, &[Is::Open, Is::Claimed], EVERYBODY, Is::Claimed),
    step(Do::GiveBack, &[Is::Open, Is::Claimed], EVERYBODY, Is::Open),
    step(Do::Begin, &[Is::Claimed], EVERYBODY, Is::InHand),
    step(Do::Finish, &[Is::InHand], EVERYBODY, Is::Done),
    step(Do::Confirm, &[Is::Done], DESK, Is::Fulfilled),
    step(Do::HandOver, &[Is::Open], DESK, Is::HandedOver),
    step(Do::TakeDown, SHOWN, HOUSEHOLDS_VOICE, Is::TakenDown),
];

const fn command(number: u16) -> Command {
    Command { number, needs: nothing, decide }
}

impl Record for Wish {
    const DECLARATION: &'static Declaration = &Declaration {
        kind: Kind(32),
        name: "wish",
        family: Family::Editable,
        audience: Audience::Work,
        depth: 3,
        fields: &[
            Field::fixed(0, "household"),
            Field::last_writer(1, "text"),
            Field::last_writer(2, "budget_fen"),
            Field::last_writer(3, "quota"),
            Field::decided(PROGRESS, "progress"),
        ],
        commands: &[
            command(1),
            command(2),
            command(3),
            command(4),
            command(5),
            command(6),
            command(7),
            command(8),
        ],
        check,
    };
}

fn check(body: &Body) -> Result<(), RefusalCode> {
    let wish: Wish = readable(body)?;
    texts_fit([&wish.text], SENTENCE_LENGTH)?;
    match wish.text.chars().count() {
        0 => Err("wish.text_missing"),
        101.. => Err("wish.text_too_long"),
        _ if !(1..=MOST_CLAIMERS).contains(&wish.quota) => Err("wish.quota_wrong"),
        _ => Ok(()),
    }
}

fn decide(now: &Situation<'_>) -> Result<Vec<Event>, RefusalCode> {
    let wish = Wish::from_body(now.body).map_err(|_| "record.malformed")?;
    let none_yet = || WishProgress { state: Is::Waiting, claimers: vec![], since_ms: now.at_ms };
    let mut progress = wish.progress.unwrap_or_else(none_yet);
    let (before, command) = (progress.state, Do::from(now.command));
    let to =
        next(STEPS, before, command, now.role, now.by == now.author).map_err(|blocked| match blocked {
            Blocked::State => "wish.state_wrong",
            Blocked::Role => "wish.not_yours",
        })?;
    progress.state = match command {
        Do::Claim => claim(&mut progress.claimers, wish.quota, now.by)?,
        Do::GiveBack => give_back(&mut progress.claimers, now.by)?,
        Do::Begin | Do::Finish if !progress.claimers.contains(&now.by) => return Err("claim.none_of_yours"),
        Do::HandOver if now.at_ms - progress.since_ms < HANDED_OVER_AFTER_MS => return Err("wish.too_early"),
        _ => to,
    };
    if progress.state != before {
        progress.since_ms = now.at_ms;
    }
    let patch = Patch::of_fields(&[(PROGRESS, Body::of(&progress).as_bytes().to_vec())]);
    Ok(vec![Event::Patch(patch)])
}

/// First come, first served, and never more than it takes.
fn claim(claimers: &mut Vec<AccountId>, quota: u8, by: AccountId) -> Result<Is, RefusalCode> {
    let quota = usize::from(quota);
    match claimers.len() {
        _ if claimers.contains(&by) => return Err("claim.yours_already"),
        taken if taken >= quota => return Err("claim.full"),
        _ => claimers.push(by),
    }
    Ok(if claimers.len() == quota { Is::Claimed } else { Is::Open })
}

/// Given back before the service begins, which hurts nobody's record.
fn give_back(claimers: &mut Vec<AccountId>, by: AccountId) -> Result<Is, RefusalCode> {
    let before = claimers.len();
    claimers.retain(|claimer| *claimer != by);
    if claimers.len() == before { Err("claim.none_of_yours") } else { Ok(Is::Open) }
}
