//! Changes that nobody may make: to what is others', fixed, decided or done; steps that skip others.

use minicbor::bytes::ByteVec;
use records::codes::{MatterCommand as Do, WishCommand};
use records::handling::Handling;
use records::household::Household;
use records::losing_edit::LosingEdit;
use records::matter::Matter;
use records::matter_flow::MatterArgs;
use records::person::Person;
use records::visit::{Visit, VisitAmendment};
use records::wire::{Change, Op};
use records::wish::Wish;
use records::{AccountId, Body, Kind, Moment, Patch, Record, RecordId};

use super::{Case, Stage, a_house, a_matter, a_person, case, made, place_of, pushed};
use crate::common::*;

pub fn cases() -> Vec<Case> {
    [of_others(), decided_and_fixed(), steps(), amendments()].into_iter().flatten().collect()
}

pub fn of_kind<R: Record>(op: Op) -> Op {
    Op { kind: R::DECLARATION.kind, ..op }
}

pub fn patch<R: Record>(record: RecordId, field: u32, value: impl minicbor::Encode<()>) -> Op {
    let patch = Patch::of_fields(&[(field, minicbor::to_vec(value).unwrap())]);
    of_kind::<R>(op(record, Change::Edit { base: 1, patch }))
}

fn delete<R: Record>(record: RecordId) -> Op {
    of_kind::<R>(op(record, Change::Delete { base: 1 }))
}

pub fn step(matter: RecordId, command: Do, note: Option<&str>) -> Op {
    let args = Body::of(&MatterArgs { note: note.map(str::to_owned), ..MatterArgs::default() });
    of_kind::<Matter>(op(matter, Change::Command { command: command.code(), args }))
}

fn of_others() -> Vec<Case> {
    vec![
        case("a neighbour edits a household", "record.not_permitted", |s| {
            pushed(&mut s.neighbour, vec![edit(s.household, 1, 12, "改")])
        }),
        case("a neighbour deletes a household", "record.not_permitted", |s| {
            pushed(&mut s.neighbour, vec![delete::<Household>(s.household)])
        }),
        case("a neighbour renames a person", "record.not_permitted", |s| {
            pushed(&mut s.neighbour, vec![patch::<Person>(s.person, 1, "改名")])
        }),
        case("a neighbour deletes a person", "record.not_permitted", |s| {
            pushed(&mut s.neighbour, vec![delete::<Person>(s.person)])
        }),
        case("a neighbour closes a matter", "record.not_permitted", |s| {
            pushed(&mut s.neighbour, vec![step(s.matter, Do::SelfClose, Some("办好"))])
        }),
        case("a neighbour takes the id of a household", "record.not_permitted", |s| {
            let scope = place_of::<Household>();
            pushed(
                &mut s.neighbour,
                vec![op(s.household, Change::Create { scope, body: a_household("换").to_body() })],
            )
        }),
        case("a colleague's account is edited as staff", "record.not_permitted", |s| {
            let colleague = RecordId(s.neighbour.enrolment.account.0);
            pushed(&mut s.worker, vec![patch::<records::staff::Staff>(colleague, 1, 4_u16)])
        }),
        case("somebody makes themselves the lead", "record.not_permitted", |s| {
            let own = RecordId(s.worker.enrolment.account.0);
            pushed(&mut s.worker, vec![patch::<records::staff::Staff>(own, 1, 4_u16)])
        }),
        case("whoever looked says that they did not", "record.append_only", |s| {
            pushed(&mut s.worker, vec![delete::<Handling>(s.shown)])
        }),
        case("whoever looked says that it was another day", "record.append_only", |s| {
            pushed(&mut s.worker, vec![patch::<Handling>(s.shown, 2, 7_u8)])
        }),
        case("a desk takes away what a worker looked at", "record.append_only", |s| {
            pushed(&mut s.desk, vec![delete::<Handling>(s.shown)])
        }),
        case("a neighbour takes away what a worker looked at", "record.not_permitted", |s| {
            pushed(&mut s.neighbour, vec![delete::<Handling>(s.shown)])
        }),
        case("a household is taken over under its own id", "record.exists", |s| {
            let scope = place_of::<Household>();
            pushed(
                &mut s.worker,
                vec![op(s.household, Change::Create { scope, body: a_household("换").to_body() })],
            )
        }),
        case("a household is edited as a person", "record.kind_wrong", |s| {
            pushed(&mut s.worker, vec![patch::<Person>(s.household, 1, "人")])
        }),
        case("a household is made a house under its id", "record.exists", |s| {
            pushed(&mut s.worker, vec![made(s.household, &a_house())])
        }),
        case("a record that is not there is edited", "record.missing", |s| {
            pushed(&mut s.worker, vec![edit(new_id(), 1, 12, "无")])
        }),
        case("a record that is not there is deleted", "record.missing", |s| {
            pushed(&mut s.worker, vec![delete::<Household>(new_id())])
        }),
        case("one of many changes is another's, and none is made", "record.not_permitted", |s| {
            let ops = vec![create(new_id(), "夹带"), edit(s.household, 1, 12, "改")];
            pushed(&mut s.neighbour, ops)
        }),
        case("a type from nowhere", "record.kind_unknown", |s| {
            pushed(&mut s.worker, vec![Op { kind: Kind(999), ..create(new_id(), "新") }])
        }),
        case("a command from nowhere", "command.unknown", |s| {
            let change = Change::Command { command: 9_999, args: Body::of(&MatterArgs::default()) };
            pushed(&mut s.worker, vec![of_kind::<Matter>(op(s.matter, change))])
        }),
        case("a command to a type that has none", "command.unknown", |s| {
            let change = Change::Command { command: 1, args: Body::of(&MatterArgs::default()) };
            pushed(&mut s.worker, vec![op(s.household, change)])
        }),
        case("a person in the scope everybody at work reads", "record.scope_wrong", |s| {
            let scope = place_of::<Household>();
            pushed(
                &mut s.worker,
                vec![of_kind::<Person>(op(
                    new_id(),
                    Change::Create { scope, body: a_person(s.household, "王芳").to_body() },
                ))],
            )
        }),
        case("a household in the scope of persons", "record.scope_wrong", |s| {
            let scope = place_of::<Person>();
            pushed(
                &mut s.worker,
                vec![op(new_id(), Change::Create { scope, body: a_household("错").to_body() })],
            )
        }),
        case("a household in the community instead of a grid", "record.scope_wrong", |s| {
            pushed(
                &mut s.desk,
                vec![op(
                    new_id(),
                    Change::Create {
                        scope: scope("230881/001/003#work"), body: a_household("错").to_body()
                    },
                )],
            )
        }),
    ]
}

fn decided_and_fixed() -> Vec<Case> {
    vec![
        case("a matter is born closed", "record.field_decided", |s| {
            let progress = records::matter::Progress {
                state: records::codes::MatterState::Closed,
                note: Some("办了".into()),
                at_ms: NOW,
                duplicate_of: None,
            };
            pushed(
                &mut s.worker,
                vec![made(new_id(), &Matter { progress: Some(progress), ..a_matter("自己办结") })],
            )
        }),
        case("a matter's subject is rewritten", "record.append_only", |s| {
            pushed(&mut s.worker, vec![patch::<Matter>(s.matter, 2, "改")])
        }),
        case("a matter's state is written", "record.append_only", |s| {
            pushed(&mut s.worker, vec![patch::<Matter>(s.matter, 13, 5_u16)])
        }),
        case("a matter is deleted", "record.append_only", |s| {
            pushed(&mut s.worker, vec![delete::<Matter>(s.matter)])
        }),
        case("a visit is rewritten", "record.append_only", |s| {
            pushed(&mut s.worker, vec![patch::<Visit>(s.visit, 2, 2_u16)])
        }),
        case("a visit is deleted", "record.append_only", |s| {
            pushed(&mut s.worker, vec![delete::<Visit>(s.visit)])
        }),
        case("a visit that was never deleted is restored", "record.append_only", |s| {
            pushed(&mut s.worker, vec![of_kind::<Visit>(op(s.visit, Change::Restore { base: 1 }))])
        }),
        case("a wish is born taken up", "record.field_decided", |s| {
            let progress = records::wish::WishProgress {
                state: records::codes::WishState::Claimed,
                claimers: vec![s.worker.enrolment.account],
                since_ms: NOW,
            };
            let wish = Wish { progress: Some(progress), ..a_wish(s, "轮椅") };
            pushed(&mut s.worker, vec![made(new_id(), &wish)])
        }),
        case("a conflict is made up", "record.not_permitted", |s| {
            let losing = LosingEdit {
                record: s.household,
                kind: Household::DECLARATION.kind,
                field: 12,
                lost: ByteVec::from(vec![0xf6]),
                lost_by: AccountId::from_bytes([9; 16]),
                lost_at: NOW,
                winning: ByteVec::from(vec![0xf6]),
                won_by: AccountId::from_bytes([9; 16]),
                won_at: NOW,
            };
            pushed(&mut s.worker, vec![made(new_id(), &losing)])
        }),
        case("a step is made up", "record.not_permitted", |s| {
            let step = records::matter_step::MatterStep {
                matter: s.matter,
                command: Do::Finish,
                from: records::codes::MatterState::InHand,
                to: records::codes::MatterState::Done,
                note: Some("办好了".into()),
                at_ms: NOW,
                target: None,
            };
            pushed(&mut s.worker, vec![made(new_id(), &step)])
        }),
    ]
}

pub fn a_wish(stage: &Stage, text: &str) -> Wish {
    Wish { household: stage.household, text: text.into(), budget_fen: None, quota: 1, progress: None }
}

fn steps() -> Vec<Case> {
    let skips = [
        ("verified before it is done", Do::Verify, "matter.state_wrong"),
        ("done before it is in hand", Do::Finish, "matter.state_wrong"),
        ("sent back before it is done", Do::SendBack, "matter.state_wrong"),
        ("called back before it is verified", Do::CallBack, "matter.state_wrong"),
        ("reopened before it is closed", Do::Reopen, "matter.state_wrong"),
        ("handled before it is accepted", Do::Handle, "matter.state_wrong"),
    ];
    let mut cases: Vec<Case> = skips
        .into_iter()
        .map(|(why, command, code)| {
            case(format!("a matter is {why}"), code, move |s| {
                pushed(&mut s.desk, vec![step(s.matter, command, Some("因为"))])
            })
        })
        .collect();
    cases.extend([
        case("a grid worker accepts a matter for the desk", "matter.not_yours", |s| {
            pushed(&mut s.worker, vec![step(s.matter, Do::Accept, None)])
        }),
        case("a grid worker declines a matter for the desk", "matter.not_yours", |s| {
            pushed(&mut s.worker, vec![step(s.matter, Do::Decline, Some("不办"))])
        }),
        case("the desk withdraws what somebody else reported", "matter.not_yours", |s| {
            pushed(&mut s.desk, vec![step(s.matter, Do::Withdraw, Some("不算"))])
        }),
        case("a matter is declined without a reason", "matter.note_missing", |s| {
            pushed(&mut s.desk, vec![step(s.matter, Do::Decline, None)])
        }),
        case("a reason of 1,001 characters", "matter.note_too_long", |s| {
            pushed(&mut s.desk, vec![step(s.matter, Do::Decline, Some(&"长".repeat(1_001)))])
        }),
        case("a matter becomes one with itself", "matter.target_wrong", |s| {
            let args = Body::of(&MatterArgs {
                note: Some("重复".into()),
                target: Some(s.matter),
                ..MatterArgs::default()
            });
            pushed(
                &mut s.desk,
                vec![of_kind::<Matter>(op(s.matter, Change::Command { command: Do::Merge.code(), args }))],
            )
        }),
        case("a matter becomes one with a household", "matter.target_wrong", |s| {
            let args = Body::of(&MatterArgs {
                note: Some("重复".into()),
                target: Some(s.household),
                ..MatterArgs::default()
            });
            pushed(
                &mut s.desk,
                vec![of_kind::<Matter>(op(s.matter, Change::Command { command: Do::Merge.code(), args }))],
            )
        }),
        case("a matter off the list closes itself", "matter.not_self_closed", |s| {
            pushed(&mut s.worker, vec![step(s.matter, Do::SelfClose, Some("办好"))])
        }),
        case("a matter is given a wish's command", "matter.state_wrong", |s| {
            let change = Change::Command {
                command: WishCommand::Approve.code(),
                args: Body::of(&MatterArgs::default()),
            };
            pushed(&mut s.desk, vec![of_kind::<Matter>(op(s.matter, change))])
        }),
    ]);
    cases
}

fn amendments() -> Vec<Case> {
    fn amendment(visit: RecordId) -> VisitAmendment {
        VisitAmendment {
            visit,
            at: Moment::beijing(NOW),
            reason: "看错了门牌".into(),
            result: None,
            note: Some("其实在家".into()),
            withdrawn: false,
        }
    }
    vec![
        case("somebody else's visit is corrected", "amendment.not_yours", |s| {
            pushed(&mut s.desk, vec![made(new_id(), &amendment(s.visit))])
        }),
        case("a visit that is not there is corrected", "amendment.nothing_there", |s| {
            pushed(&mut s.worker, vec![made(new_id(), &amendment(new_id()))])
        }),
        case("a household is corrected as a visit", "amendment.nothing_there", |s| {
            pushed(&mut s.worker, vec![made(new_id(), &amendment(s.household))])
        }),
        case("a visit is corrected from another grid", "record.not_permitted", |s| {
            pushed(&mut s.neighbour, vec![made(new_id(), &amendment(s.visit))])
        }),
        case("a correction of 501 characters' reason", "record.text_too_long", |s| {
            pushed(
                &mut s.worker,
                vec![made(new_id(), &VisitAmendment { reason: "长".repeat(501), ..amendment(s.visit) })],
            )
        }),
    ]
}
