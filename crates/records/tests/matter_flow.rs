//! The state machine of a matter, over every state, every command and every role.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use std::collections::BTreeMap;

use records::codes::{Admission, MatterCommand, MatterSource, MatterState, Origin, Role, Urgency};
use records::command::{Event, Situation};
use records::item::Item;
use records::matter::{Matter, Progress};
use records::matter_flow::{MatterArgs, is_ended, possible};
use records::matter_step::MatterStep;
use records::{AccountId, Body, Kind, Moment, Record, RecordId};

const NOW: i64 = 1_795_000_000_000;
const DAY: i64 = 24 * 3_600_000;

/// | state | command | who | leads to |, R1 网格员, R3 社区工作者, R4 负责人, R5 街道; everything else is refused.
const STEPS: &str = "
    Waiting   SelfClose  1,3,4       Closed
    Waiting   Accept     3,4,5       Accepted
    Waiting   Decline    3,4,5       Declined
    Waiting   Merge      3,4,5       Merged
    Waiting   Withdraw   author,5    Void
    Waiting   Escalate   1,3,4,5     Escalated
    Accepted  Handle     3,4,5       InHand
    Accepted  Escalate   1,3,4,5     Escalated
    Accepted  Withdraw   5           Void
    InHand    Finish     1,3,4,5     Done
    InHand    Escalate   1,3,4,5     Escalated
    InHand    Withdraw   5           Void
    Done      Verify     3,4,5       CallBack
    Done      SendBack   3,4,5       InHand
    Done      Escalate   1,3,4,5     Escalated
    Done      Withdraw   5           Void
    CallBack  CallBack   1,3,4,5     Closed
    CallBack  Escalate   1,3,4,5     Escalated
    CallBack  Withdraw   5           Void
    Closed    Reopen     3,4,5       InHand
";

const MATTER: RecordId = RecordId::from_bytes([1; 16]);
const OTHER: RecordId = RecordId::from_bytes([2; 16]);
const ITEM: RecordId = RecordId::from_bytes([3; 16]);

fn matter(state: MatterState) -> Matter {
    let progress = Progress { state, note: None, at_ms: NOW - DAY, duplicate_of: None };
    Matter {
        item: Some("03001".to_owned()),
        list_version: 1,
        subject: "楼道灯不亮".to_owned(),
        place: "2 号楼".to_owned(),
        occurred: Moment::beijing(NOW - 9 * DAY),
        content: None,
        source: MatterSource::Patrol,
        household: None,
        visit: None,
        urgency: Urgency::Normal,
        off_list_reason: None,
        department: None,
        limit_workdays: None,
        progress: Some(progress).filter(|progress| progress.state != MatterState::Waiting),
        photos: None,
    }
}

fn item(admission: Admission) -> Item {
    Item {
        code: "03001".to_owned(),
        name: "楼道照明故障".to_owned(),
        department: "物业".to_owned(),
        co_departments: vec![],
        admission,
        limit_workdays: None,
        limit_minutes: None,
        urgency: Urgency::Normal,
        keywords: vec![],
        pinyin: String::new(),
        initials: String::new(),
        valid_from: None,
        valid_to: None,
        list_version: 1,
        origin: Origin::Composed,
        source: String::new(),
    }
}

fn others(admission: Admission) -> BTreeMap<RecordId, (Kind, Body)> {
    let open = matter(MatterState::Waiting).to_body();
    [(OTHER, (Matter::DECLARATION.kind, open)), (ITEM, (Item::DECLARATION.kind, item(admission).to_body()))]
        .into()
}

fn args() -> MatterArgs {
    MatterArgs { note: Some("换了灯泡".to_owned()), item: Some(ITEM), target: Some(OTHER) }
}

fn by(is_author: bool) -> AccountId {
    AccountId::from_bytes([if is_author { 9 } else { 8 }; 16])
}

/// What the command comes to, with everything said that any command needs.
fn decided(
    matter: &Matter,
    command: MatterCommand,
    role: Role,
    is_author: bool,
) -> Result<MatterState, &'static str> {
    let events = decide(matter, command, (role, is_author), &args(), &others(Admission::SelfClosed), NOW)?;
    Ok(after(matter, &events).state())
}

fn decide(
    matter: &Matter,
    command: MatterCommand,
    (role, is_author): (Role, bool),
    args: &MatterArgs,
    others: &BTreeMap<RecordId, (Kind, Body)>,
    at_ms: i64,
) -> Result<Vec<Event>, &'static str> {
    let (body, args) = (matter.to_body(), Body::of(args));
    (Matter::DECLARATION.command(command.code()).unwrap().decide)(&Situation {
        command: command.code(),
        args: &args,
        record: MATTER,
        body: &body,
        author: by(true),
        by: by(is_author),
        role,
        at_ms,
        others,
    })
}

fn after(matter: &Matter, events: &[Event]) -> Matter {
    let patches = events.iter().filter_map(|event| match event {
        Event::Patch(patch) => Some(patch),
        Event::Create { .. } | Event::Clear { .. } => None,
    });
    let body = patches.fold(matter.to_body(), |body, patch| body.patched(patch));
    assert_eq!((Matter::DECLARATION.check)(&body), Ok(()));
    Matter::from_body(&body).unwrap()
}

struct Step<'a> {
    state: &'a str,
    command: &'a str,
    who: Vec<&'a str>,
    to: &'a str,
}

fn steps() -> Vec<Step<'static>> {
    let lines = STEPS.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let steps = lines.filter(|words| !words.is_empty()).map(|words| Step {
        state: words[0],
        command: words[1],
        who: words[2].split(',').collect(),
        to: words[3],
    });
    steps.collect()
}

#[test]
fn every_state_command_and_role_is_as_the_table_says() {
    let steps = steps();
    for (state, command) in MatterState::ALL
        .iter()
        .flat_map(|state| MatterCommand::ALL.iter().map(move |command| (*state, *command)))
    {
        let (in_state, named) = (format!("{state:?}"), format!("{command:?}"));
        let step = steps.iter().find(|step| step.state == in_state && step.command == named);
        for (role, is_author) in Role::ALL.iter().flat_map(|role| [(*role, false), (*role, true)]) {
            let may = step.is_some_and(|step| {
                step.who.contains(&role.code().to_string().as_str())
                    || (is_author && step.who.contains(&"author"))
            });
            let decided = decided(&matter(state), command, role, is_author).map(|to| format!("{to:?}"));
            let expected = match step {
                Some(step) if may => Ok(step.to.to_owned()),
                Some(_) => Err("matter.not_yours"),
                None if is_ended(state) => Err("matter.ended"),
                None => Err("matter.state_wrong"),
            };
            assert_eq!(decided, expected, "{state:?} {command:?} {role:?} {is_author}");
            assert_eq!(possible(state, role, is_author).contains(&command), may);
        }
    }
    assert_eq!(Matter::DECLARATION.commands.len(), MatterCommand::ALL.len());
}

/// | command | what is missing or wrong | refusal |
#[test]
fn what_must_be_said_with_a_command_is_asked_for() {
    use MatterCommand::{Decline, Finish, Merge, Reopen, SelfClose, SendBack, Withdraw};
    use MatterState::{Closed, Done, InHand, Waiting};
    let silent = MatterArgs { note: Some("  ".to_owned()), ..args() };
    for (command, state) in [
        (SelfClose, Waiting),
        (Decline, Waiting),
        (Withdraw, Waiting),
        (Finish, InHand),
        (SendBack, Done),
        (Reopen, Closed),
    ] {
        let refused = decide(
            &matter(state),
            command,
            (Role::Street, true),
            &silent,
            &others(Admission::SelfClosed),
            NOW,
        );
        let expected = if command == SelfClose { "matter.not_yours" } else { "matter.note_missing" };
        assert_eq!(refused, Err(expected), "{command:?}");
    }
    let staff = (Role::CommunityStaff, false);
    let long = MatterArgs { note: Some("字".repeat(1_001)), ..args() };
    let unnamed = MatterArgs { item: None, target: None, ..args() };
    let itself = MatterArgs { target: Some(MATTER), ..args() };
    let no_matter = MatterArgs { target: Some(ITEM), ..args() };
    let (own, report) = (others(Admission::Errand), others(Admission::Report));
    let mut ended = others(Admission::SelfClosed);
    ended.insert(OTHER, (Matter::DECLARATION.kind, matter(Closed).to_body()));
    let cases = [
        (SelfClose, &long, &own, Err("matter.note_too_long")),
        (SelfClose, &unnamed, &own, Err("matter.not_self_closed")),
        (SelfClose, &args(), &report, Err("matter.not_self_closed")),
        (SelfClose, &args(), &own, Ok(())),
        (Merge, &unnamed, &own, Err("matter.target_wrong")),
        (Merge, &itself, &own, Err("matter.target_wrong")),
        (Merge, &no_matter, &own, Err("matter.target_wrong")),
        (Merge, &args(), &ended, Err("matter.target_wrong")),
        (Merge, &args(), &own, Ok(())),
    ];
    for (command, args, others, expected) in cases {
        let decided = decide(&matter(Waiting), command, staff, args, others, NOW).map(|_| ());
        assert_eq!(decided, expected, "{command:?} {args:?}");
    }
}

#[test]
fn an_item_of_another_code_closes_nothing() {
    let another = Matter { item: Some("03002".to_owned()), ..matter(MatterState::Waiting) };
    let decided = decided(&another, MatterCommand::SelfClose, Role::GridWorker, true);
    assert_eq!(decided, Err("matter.not_self_closed"));
}

#[test]
fn a_matter_is_reopened_within_thirty_days() {
    let staff = (Role::CommunityStaff, false);
    let reopened = |days: i64| {
        let at_ms = NOW - DAY + days * DAY;
        let (command, matter) = (MatterCommand::Reopen, matter(MatterState::Closed));
        decide(&matter, command, staff, &args(), &others(Admission::Report), at_ms).map(|_| ())
    };
    assert_eq!((reopened(30), reopened(31)), (Ok(()), Err("matter.reopen_too_late")));
}

#[test]
fn every_step_is_written_down_beside_the_matter() {
    let staff = (Role::CommunityStaff, false);
    let before = matter(MatterState::Waiting);
    let events =
        decide(&before, MatterCommand::Merge, staff, &args(), &others(Admission::Report), NOW).unwrap();
    let progress = after(&before, &events).progress.unwrap();
    assert_eq!((progress.state, progress.at_ms), (MatterState::Merged, NOW));
    assert_eq!((progress.duplicate_of, progress.note.as_deref()), (Some(OTHER), Some("换了灯泡")));
    let Event::Create { kind, body } = &events[1] else { panic!("{events:?}") };
    assert_eq!(*kind, MatterStep::DECLARATION.kind);
    let step = MatterStep::from_body(body).unwrap();
    assert_eq!((step.matter, step.command), (MATTER, MatterCommand::Merge));
    assert_eq!((step.from, step.to, step.target), (MatterState::Waiting, MatterState::Merged, Some(OTHER)));
}

#[test]
fn a_command_names_the_records_it_is_decided_with() {
    let needs = Matter::DECLARATION.commands[0].needs;
    assert_eq!(needs(&Body::of(&args())), [ITEM, OTHER]);
    assert_eq!(needs(&Body::of(&MatterArgs::default())), []);
    assert_eq!(needs(&Body::trusted(vec![0xff])), []);
}
