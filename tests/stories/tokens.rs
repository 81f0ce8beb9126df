//! Tokens are renewed, and a device that went back to an older disk enrols again with what it has not sent.

use records::call::GetSession;
use stories::networked::Device;
use stories::server::ServerProcess;

use crate::common::*;

const HOUR_MS: i64 = 3_600_000;

fn token(device: &Device) -> Vec<u8> {
    device.identity().unwrap().token.to_vec()
}

#[test]
fn a_disk_of_before_enrols_again_and_its_unsent_work_arrives() {
    let mut server = ServerProcess::demo().unwrap();
    let mut worker = Device::enrolled(&server.worker_invitation).unwrap();
    worker.sync().unwrap();
    let door = doors(&mut worker, 1)[0];
    let mut restored = worker.copied().unwrap();
    server.start_again_renewing_tokens().unwrap();

    let first = token(&worker);
    visit(&mut worker, door, "换证的那天");
    worker.pass(HOUR_MS);
    worker.sync().unwrap();
    let second = token(&worker);
    assert_ne!(first, second);
    // The battery dies right after an answer came: what it told is on disk, or counts for nothing.
    worker.round_dying_after(0).unwrap();
    assert_ne!(token(&worker), second);
    worker.sync().unwrap();
    assert_eq!((waiting(&mut worker), visits_noted(&mut worker, door, "换证的那天").len()), ((0, 0), 1));

    visit(&mut restored, door, "旧盘上的");
    restored.pass(HOUR_MS);
    let identity = restored.identity().unwrap();
    assert_eq!(restored.enrol(&server.worker_invitation).unwrap_err().code, "enrol.already");
    // The one before the last is void; of older ones nothing is known.
    let why = restored.sync().unwrap_err().code;
    assert!(why == "sync.token_void" || why == "sync.token_refused", "{why}");
    assert_eq!(waiting(&mut restored), (1, 0), "nothing is lost by it");
    let others = server.invite("grid-worker", GRID, "吴迪").unwrap();
    assert_eq!(restored.enrol(&others).unwrap_err().code, "enrol.other_person");
    assert_eq!((restored.identity().unwrap().device, waiting(&mut restored)), (identity.device, (1, 0)));

    let own = server.invite("grid-worker", GRID, &identity.name).unwrap();
    restored.enrol(&own).unwrap();
    let now = restored.identity().unwrap();
    assert!(now.device != identity.device && now.incarnation != identity.incarnation);
    restored.sync().unwrap();
    assert_eq!(waiting(&mut restored), (0, 0));
    worker.sync().unwrap();
    for device in [&mut worker, &mut restored] {
        assert_eq!(visits_noted(device, door, "旧盘上的").len(), 1);
        assert_eq!(visits_noted(device, door, "换证的那天").len(), 1, "sent again, taken once");
        assert_eq!(device.ask(GetSession {}).unwrap().worker.unwrap().name, identity.name);
    }
}
