//! What is decided in the order of arrival: both are shown what they asked for, and one is told why not.

use records::RecordId;
use records::call::*;
use records::codes::{MatterCommand, MatterState, WishCommand};
use records::matter_flow::MatterArgs;
use records::wish::Wish;
use stories::networked::Device;
use stories::server::{ServerProcess, more};

use crate::common::{cards, colleague, doors, sync_both, waiting};

const COMMUNITY: &str = "230881/001/003";

fn desk(server: &ServerProcess) -> Device {
    let mut desk = Device::enrolled(&server.invite("community-staff", COMMUNITY, "孙丽").unwrap()).unwrap();
    desk.sync().unwrap();
    desk
}

fn report(device: &mut Device) -> RecordId {
    let household = doors(device, 1)[0];
    let draft = MatterDraft {
        id: None,
        item: None,
        subject: "楼道灯不亮".into(),
        place: String::new(),
        content: String::new(),
        off_list_reason: "清单里没有".into(),
    };
    device.ask(SaveMatter { draft, household: Some(household) }).unwrap().id
}

fn take(device: &mut Device, id: RecordId, command: MatterCommand, note: &str) {
    device.ask(CommandMatter { id, command, note: note.to_owned(), target: None }).unwrap();
}

fn matter(device: &mut Device, id: RecordId) -> (MatterState, Standing) {
    let row = device.ask(GetMatter { id }).unwrap().row;
    (row.state, row.standing)
}

fn refusals(device: &mut Device) -> Vec<String> {
    let refused = cards(device).into_iter().filter_map(|card| match card.what {
        CardWhat::Refused { fault, .. } => Some(fault.code),
        CardWhat::Conflict { .. } | CardWhat::Quarantined { .. } => None,
    });
    refused.collect()
}

#[test]
fn a_matter_that_was_accepted_first_is_no_longer_withdrawn() {
    let server = ServerProcess::demo().unwrap();
    let mut worker = Device::enrolled(&server.worker_invitation).unwrap();
    worker.sync().unwrap();
    let id = report(&mut worker);
    worker.sync().unwrap();
    let mut desk = desk(&server);
    let before = server.count().unwrap();

    // Both without network.
    take(&mut worker, id, MatterCommand::Withdraw, "看错了");
    take(&mut desk, id, MatterCommand::Accept, "");
    assert_eq!(matter(&mut worker, id), (MatterState::Void, Standing::OnDevice));
    assert_eq!(matter(&mut desk, id), (MatterState::Accepted, Standing::OnDevice));
    desk.sync().unwrap();
    worker.sync().unwrap();

    assert_eq!(matter(&mut desk, id), (MatterState::Accepted, Standing::Accepted));
    assert_eq!(matter(&mut worker, id), (MatterState::Accepted, Standing::NeedsYou));
    assert_eq!(refusals(&mut worker), ["matter.not_yours"]);
    assert_eq!(server.count().unwrap().since(&before), more([("matter_step", 1)]));

    take(&mut desk, id, MatterCommand::Handle, "");
    take(&mut desk, id, MatterCommand::Finish, "换了灯泡");
    sync_both(&mut desk, &mut worker);
    let page = worker.ask(GetMatter { id }).unwrap();
    assert_eq!((page.row.state, page.outcome.as_deref()), (MatterState::Done, Some("换了灯泡")));
    assert_eq!(server.count().unwrap().since(&before), more([("matter_step", 3)]));
}

#[test]
fn a_wish_that_two_take_up_offline_is_fulfilled_once() {
    let server = ServerProcess::demo().unwrap();
    let (mut worker, mut colleague) =
        (Device::enrolled(&server.worker_invitation).unwrap(), colleague(&server));
    let mut desk = desk(&server);
    worker.sync().unwrap();
    let household = doors(&mut worker, 1)[0];
    let scope = format!("{COMMUNITY}#work").parse().unwrap();
    let wish =
        Wish { household, text: "想要一副老花镜".into(), budget_fen: None, quota: 1, progress: None };
    let id = worker.forge(|action, id| action.create(id, &scope, &wish)).unwrap();
    worker.sync().unwrap();
    desk.sync().unwrap();
    let give = |device: &mut Device, command: WishCommand| {
        let args = MatterArgs::default();
        device.forge(|action, _| action.command(id, command.code(), &args)).unwrap();
    };
    give(&mut desk, WishCommand::Approve);
    desk.sync().unwrap();
    sync_both(&mut worker, &mut colleague);

    give(&mut worker, WishCommand::Claim);
    give(&mut colleague, WishCommand::Claim);
    colleague.sync().unwrap();
    worker.sync().unwrap();
    assert_eq!((waiting(&mut colleague), waiting(&mut worker)), ((0, 0), (0, 1)));
    assert_eq!(refusals(&mut worker), ["claim.full"]);
}
