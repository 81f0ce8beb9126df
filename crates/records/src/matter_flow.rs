//! The state machine of a matter, as far as grid and community take it (domain §4, SM-1): who may do
//! what with it in which state, and what must be said with it.

use minicbor::{Decode, Encode};

use crate::body::{Body, Patch};
use crate::codes::{Admission, MatterCommand as Do, MatterState as Is, Role};
use crate::command::{Blocked, By, Command, Event, Situation, Transition, next};
use crate::declaration::{Record, RefusalCode};
use crate::ids::RecordId;
use crate::item::Item;
use crate::matter::{Matter, PROGRESS, Progress};
use crate::matter_step::MatterStep;

/// What a command says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct MatterArgs {
    /// The result of 办结 and 自办自结, the reason of anything else; at most 1,000 characters.
    #[n(0)]
    pub note: Option<String>,
    /// The item of the matter, for 自办自结: the list says whether grid and community may close it.
    #[n(1)]
    pub item: Option<RecordId>,
    /// The matter it is the same as, for 合并.
    #[n(2)]
    pub target: Option<RecordId>,
}

const NOTE_LENGTH: usize = 1_000;
/// 重启 within 30 days of the end, ms.
const REOPENED_WITHIN_MS: i64 = 30 * 24 * 3_600_000;

const HANDLERS: &[Role] = &[Role::GridWorker, Role::CommunityStaff, Role::CommunityLead, Role::Street];
const NEIGHBOURHOOD: &[Role] = &[Role::GridWorker, Role::CommunityStaff, Role::CommunityLead];
const DESK: &[Role] = &[Role::CommunityStaff, Role::CommunityLead, Role::Street];
/// States in which something is still to be done.
const UNENDED: &[Is] = &[Is::Waiting, Is::Accepted, Is::InHand, Is::Done, Is::CallBack];

const fn step(command: Do, from: &'static [Is], by: &'static [Role], to: Is) -> Transition<Is, Do> {
    Transition { command, from, by: By::Roles(by), to }
}

const STEPS: &[Transition<Is, Do>] = &[
    step(Do::SelfClose, &[Is::Waiting], NEIGHBOURHOOD, Is::Closed),
    step(Do::Accept, &[Is::Waiting], DESK, Is::Accepted),
    step(Do::Decline, &[Is::Waiting], DESK, Is::Declined),
    step(Do::Merge, &[Is::Waiting], DESK, Is::Merged),
    step(Do::Handle, &[Is::Accepted], DESK, Is::InHand),
    step(Do::Finish, &[Is::InHand], HANDLERS, Is::Done),
    step(Do::Verify, &[Is::Done], DESK, Is::CallBack),
    step(Do::SendBack, &[Is::Done], DESK, Is::InHand),
    step(Do::CallBack, &[Is::CallBack], HANDLERS, Is::Closed),
    step(Do::Escalate, UNENDED, HANDLERS, Is::Escalated),
    Transition { command: Do::Withdraw, from: &[Is::Waiting], by: By::Author, to: Is::Void },
    step(Do::Withdraw, UNENDED, &[Role::Street], Is::Void),
    step(Do::Reopen, &[Is::Closed], DESK, Is::InHand),
];

const fn command(number: u16) -> Command {
    Command { number, needs, decide }
}

/// The commands of a matter.
pub(crate) const COMMANDS: &[Command] = &[
    command(1),
    command(30),
    command(61),
    command(101),
    command(200),
    command(300),
    command(310),
    command(320),
    command(330),
    command(360),
    command(370),
    command(1111),
];

/// What somebody may do with a matter now, leaving aside what must be said with it.
pub fn possible(state: Is, role: Role, is_author: bool) -> Vec<Do> {
    Do::ALL.iter().copied().filter(|command| next(STEPS, state, *command, role, is_author).is_ok()).collect()
}

/// Whether nothing more is to be done in this state.
pub fn is_ended(state: Is) -> bool {
    !UNENDED.contains(&state)
}

fn needs(args: &Body) -> Vec<RecordId> {
    let args: MatterArgs = args.read().unwrap_or_default();
    args.item.into_iter().chain(args.target).collect()
}

fn decide(now: &Situation<'_>) -> Result<Vec<Event>, RefusalCode> {
    let (command, args) =
        (Do::from(now.command), now.args.read::<MatterArgs>().map_err(|_| "record.malformed")?);
    let matter = Matter::from_body(now.body).map_err(|_| "record.malformed")?;
    let from = matter.state();
    let to = next(STEPS, from, command, now.role, now.by == now.author).map_err(|blocked| match blocked {
        Blocked::State if is_ended(from) => "matter.ended",
        Blocked::State => "matter.state_wrong",
        Blocked::Role => "matter.not_yours",
    })?;
    let note = said(command, &args)?;
    match command {
        Do::SelfClose => self_closed(&matter, &args, now)?,
        Do::Merge => the_same(&args, now)?,
        Do::Reopen => in_time(&matter, now.at_ms)?,
        _ => {}
    }
    let duplicate_of = args.target.filter(|_| command == Do::Merge);
    let progress = Progress { state: to, note: note.clone(), at_ms: now.at_ms, duplicate_of };
    let step =
        MatterStep { matter: now.record, command, from, to, note, at_ms: now.at_ms, target: duplicate_of };
    Ok(vec![
        Event::Patch(Patch::of_fields(&[(PROGRESS, progress.to_bytes())])),
        Event::Create { kind: MatterStep::DECLARATION.kind, body: step.to_body() },
    ])
}

/// The words that go with a command, where it needs some.
fn said(command: Do, args: &MatterArgs) -> Result<Option<String>, RefusalCode> {
    let note = args.note.clone().filter(|note| !note.trim().is_empty());
    let needs_words = matches!(
        command,
        Do::SelfClose | Do::Finish | Do::Decline | Do::SendBack | Do::Withdraw | Do::Reopen
    );
    match note {
        None if needs_words => Err("matter.note_missing"),
        Some(note) if note.chars().count() > NOTE_LENGTH => Err("matter.note_too_long"),
        note => Ok(note),
    }
}

/// Only what the list says grid and community may close by themselves.
fn self_closed(matter: &Matter, args: &MatterArgs, now: &Situation<'_>) -> Result<(), RefusalCode> {
    let found = args.item.and_then(|id| now.others.get(&id));
    let item = found.filter(|(kind, _)| *kind == Item::DECLARATION.kind);
    let item = item.and_then(|(_, body)| Item::from_body(body).ok());
    let item = item.filter(|item| Some(&item.code) == matter.item.as_ref());
    match item.map(|item| item.admission) {
        Some(Admission::SelfClosed | Admission::Errand) => Ok(()),
        _ => Err("matter.not_self_closed"),
    }
}

/// A matter becomes one with another that goes on.
fn the_same(args: &MatterArgs, now: &Situation<'_>) -> Result<(), RefusalCode> {
    let target = args.target.filter(|target| *target != now.record);
    let found = target.and_then(|target| now.others.get(&target));
    let other = found.filter(|(kind, _)| *kind == Matter::DECLARATION.kind);
    let other = other.and_then(|(_, body)| Matter::from_body(body).ok());
    match other {
        Some(other) if !is_ended(other.state()) => Ok(()),
        _ => Err("matter.target_wrong"),
    }
}

fn in_time(matter: &Matter, at_ms: i64) -> Result<(), RefusalCode> {
    let ended_ms = matter.progress.as_ref().map_or(at_ms, |progress| progress.at_ms);
    if at_ms.saturating_sub(ended_ms) <= REOPENED_WITHIN_MS { Ok(()) } else { Err("matter.reopen_too_late") }
}
