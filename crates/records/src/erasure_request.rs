//! 删除请求: somebody asks that what is kept of a person be deleted, and the community decides: deleted, or kept because
//! the law demands it and used for nothing (PIPL 47; domain §9.4, §9.5).
//!
//! Not a word about the person stands here: the request outlives them, and is the proof of what was done.

use chrono::{Days, NaiveDate};
use minicbor::{Decode, Encode};

use crate::body::{Body, Patch};
use crate::codes::{
    Asker, Deed, ErasureCommand as Do, ErasureGround, ErasureState as Is, IdentityCheck, Purpose, Role,
    StopGround,
};
use crate::command::{Blocked, By, Clearing, Command, Event, Situation, Transition, next};
use crate::declaration::{Declaration, Family, Field, Kind, Record, RefusalCode, plausible, readable};
use crate::handling::Handling;
use crate::ids::{AccountId, RecordId};
use crate::person::Person;
use crate::scope::Audience;
use crate::time::Moment;

/// Days within which whoever asked is answered (domain §9.5, a decision of this project; PIPL 50 says in time).
pub const REPLY_DAYS: u64 = 15;
/// The law that the record of the deed names.
const LAW: &str = "个人信息保护法 第47条";
/// Nothing is kept longer against somebody's wish without being looked at again, years.
const LONGEST_STOP_YEARS: u32 = 30;

/// One request.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ErasureRequest {
    /// The person.
    #[n(0)]
    pub subject: RecordId,
    /// Who asked.
    #[n(1)]
    pub asker: Asker,
    /// How it was made sure that they may.
    #[n(2)]
    pub checked: IdentityCheck,
    /// When they asked.
    #[n(3)]
    pub at: Moment,
    /// What has become of it; nothing yet while it waits.
    #[n(4)]
    pub decision: Option<Decision>,
}

/// What has become of a request.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Decision {
    /// Its state.
    #[n(0)]
    pub state: Is,
    /// Since when, ms since 1970 UTC by the effective clock.
    #[n(1)]
    pub at_ms: i64,
    /// Who decided.
    #[n(2)]
    pub by: AccountId,
    /// Why it was deleted.
    #[n(3)]
    pub erased_for: Option<ErasureGround>,
    /// Why it is kept and not used.
    #[n(4)]
    pub stopped_for: Option<StopGround>,
    /// The last day it is kept.
    #[n(5)]
    #[cbor(with = "crate::time::optional_day", has_nil)]
    pub until: Option<NaiveDate>,
}

/// What a command about a request says.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ErasureArgs {
    /// The person, as the request names them: they are what it is decided with.
    #[n(0)]
    pub subject: RecordId,
    /// Why it is deleted.
    #[n(1)]
    pub erased_for: Option<ErasureGround>,
    /// Why it is kept and not used …
    #[n(2)]
    pub stopped_for: Option<StopGround>,
    /// … and the last day of that.
    #[n(3)]
    #[cbor(with = "crate::time::optional_day", has_nil)]
    pub until: Option<NaiveDate>,
}

/// Number of the field [`ErasureRequest::decision`].
const DECISION: u32 = 4;
const LEAD: &[Role] = &[Role::CommunityLead];
const NEIGHBOURHOOD: &[Role] = &[Role::GridWorker, Role::CommunityStaff, Role::CommunityLead];

const fn step(command: Do, from: &'static [Is], by: &'static [Role], to: Is) -> Transition<Is, Do> {
    Transition { command, from, by: By::Roles(by), to }
}

/// Who answers for the community decides. What was erased stays so.
const STEPS: &[Transition<Is, Do>] = &[
    step(Do::Erase, &[Is::Open, Is::Stopped], LEAD, Is::Erased),
    step(Do::Stop, &[Is::Open], LEAD, Is::Stopped),
    step(Do::Resume, &[Is::Stopped], LEAD, Is::Resumed),
    step(Do::TakeBack, &[Is::Open], NEIGHBOURHOOD, Is::TakenBack),
];

impl ErasureRequest {
    /// Where it stands.
    pub fn state(&self) -> Is {
        self.decision.as_ref().map_or(Is::Open, |decision| decision.state)
    }

    /// The last day on which whoever asked is to have an answer.
    pub fn reply_due(&self) -> NaiveDate {
        let asked = self.at.local_day();
        asked.checked_add_days(Days::new(REPLY_DAYS)).unwrap_or(asked)
    }
}

const fn command(number: u16) -> Command {
    Command {
        number,
        needs: |args| args.read::<ErasureArgs>().map(|args| vec![args.subject]).unwrap_or_default(),
        decide,
    }
}

impl Record for ErasureRequest {
    const DECLARATION: &'static Declaration = &Declaration {
        kind: Kind(42),
        name: "erasure_request",
        family: Family::AppendOnly,
        audience: Audience::Sensitive,
        depth: 4,
        fields: &[
            Field::fixed(0, "subject"),
            Field::fixed(1, "asker"),
            Field::fixed(2, "checked"),
            Field::fixed(3, "at"),
            Field::decided(DECISION, "decision"),
        ],
        commands: &[command(1), command(2), command(3), command(4)],
        check,
    };
}

fn check(body: &Body) -> Result<(), RefusalCode> {
    plausible(readable::<ErasureRequest>(body)?.at)
}

fn decide(now: &Situation<'_>) -> Result<Vec<Event>, RefusalCode> {
    let request = ErasureRequest::from_body(now.body).map_err(|_| "record.malformed")?;
    let args: ErasureArgs = now.args.read().map_err(|_| "record.malformed")?;
    let (before, command) = (request.state(), Do::from(now.command));
    let state =
        next(STEPS, before, command, now.role, now.by == now.author).map_err(|blocked| match blocked {
            Blocked::State => "erasure.state_wrong",
            Blocked::Role => "erasure.not_yours",
        })?;
    if args.subject != request.subject {
        return Err("erasure.subject_wrong");
    }
    let (at_ms, by) = (now.at_ms, now.by);
    let mut decision = Decision { state, at_ms, by, erased_for: None, stopped_for: None, until: None };
    let done = match command {
        Do::Erase => {
            let ground =
                args.erased_for.filter(|ground| ground.is_known()).ok_or("erasure.ground_missing")?;
            decision.erased_for = Some(ground);
            Some((Clearing::Erase(ground), Deed::Deleted))
        }
        Do::Stop => {
            let ground =
                args.stopped_for.filter(|ground| ground.is_known()).ok_or("erasure.ground_missing")?;
            decision.stopped_for = Some(ground);
            decision.until = Some(in_reach(args.until, at_ms)?);
            Some((Clearing::Withhold, Deed::Stopped))
        }
        Do::Resume => Some((Clearing::Release, Deed::Resumed)),
        Do::TakeBack | Do::Newer(_) => None,
    };
    let patch = Patch::of_fields(&[(DECISION, Body::of(&decision).as_bytes().to_vec())]);
    let mut events = vec![Event::Patch(patch)];
    if let Some((how, deed)) = done {
        let handling = Handling {
            purpose: Some(Purpose::OwnRequest),
            reason: Some(LAW.to_owned()),
            ..Handling::of(Some(request.subject), deed, Moment::beijing(at_ms))
        };
        events.push(Event::Create { kind: Handling::DECLARATION.kind, body: handling.to_body() });
        events.push(Event::Clear { record: request.subject, kind: Person::DECLARATION.kind, how });
    }
    Ok(events)
}

/// A last day that lies ahead.
fn in_reach(until: Option<NaiveDate>, at_ms: i64) -> Result<NaiveDate, RefusalCode> {
    let today = Moment::beijing(at_ms).local_day();
    let latest =
        today.checked_add_months(chrono::Months::new(12 * LONGEST_STOP_YEARS)).unwrap_or(NaiveDate::MAX);
    until.filter(|day| *day > today && *day <= latest).ok_or("erasure.until_wrong")
}
