//! The process itself: what it says, and that kill -9 takes nothing that was acknowledged.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use records::codes::Role;
use records::household::Household;
use records::wire::Outcome;
use records::{Record, RecordId};
use sync::Invitation;
use tempfile::TempDir;

use crate::common::*;
use crate::data::{Data, On, on_both_databases};

on_both_databases![
    what_was_acknowledged_survives_kill_9_at_any_moment,
    the_keeper_works_beside_the_running_server
];

/// The program, running. Dropping it kills it, as a power cut would.
struct Program {
    child: Child,
    url: String,
    invitations: Vec<(String, Invitation)>,
}

impl Program {
    fn start(data: &Data, options: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gridwalk-server"));
        command.args(["run", "--listen", "127.0.0.1:0"]).args(data.arguments()).args(options);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let url = lines.next().unwrap().strip_prefix("listening on ").unwrap().to_owned();
        let expected = if options.contains(&"--demo") { 2 } else { 0 };
        let invitations = lines.by_ref().take(expected).map(|line| {
            let (name, invitation) = line.strip_prefix("invitation ").unwrap().split_once(": ").unwrap();
            (name.to_owned(), invitation.parse().unwrap())
        });
        Self { invitations: invitations.collect(), child, url }
    }

    fn worker(&self) -> Device {
        let (name, invitation) = &self.invitations[0];
        assert_eq!((name.as_str(), &invitation.server), ("grid-worker", &self.url));
        Device::of(&self.url, &enrol(&self.url, invitation, NONCE).unwrap())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.child.kill().unwrap_or_default();
        self.child.wait().map(drop).unwrap_or_default();
    }
}

fn other_command(data: &Data, arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gridwalk-server"));
    let output = command.args(arguments).args(data.arguments()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn what_was_acknowledged_survives_kill_9_at_any_moment(on: On) {
    let data = Data::new(on);
    let mut program = Program::start(&data, &["--demo"]);
    let mut device = program.worker();
    device.clock_ms = NOW + 3_600_000;
    let mut acknowledged: Vec<RecordId> = vec![];
    for kill in 0..4 {
        let id = new_id();
        assert_eq!(device.push(vec![create(id, "记下了")]), Outcome::Applied);
        acknowledged.push(id);
        let unanswered = device.commit(vec![create(new_id(), "没有回音")]);
        let request = device.request(std::slice::from_ref(&unanswered));
        let outgoing = sync::device::sync_request(&request, &device.enrolment.token);
        // Odd times the program dies while the request may be under way.
        if kill % 2 == 1 {
            let url = device.url.clone();
            let sending = std::thread::spawn(move || {
                std::panic::catch_unwind(|| post(&url, &outgoing, "application/cbor"))
            });
            drop(program);
            drop(sending.join());
        } else {
            drop(program);
        }
        program = Program::start(&data, &[]);
        device.url = program.url.clone();
        let answer = device.round(&[unanswered]).unwrap();
        assert_eq!((answer.settled, &answer.results[0].outcome), (device.next_seq - 1, &Outcome::Applied));
    }
    device.pull();
    assert!(acknowledged.iter().all(|id| device.records.contains_key(id)));
    let unanswered = device.of_kind(Household::DECLARATION.kind).into_iter();
    let unanswered =
        unanswered.filter(|body| Household::from_body(body).unwrap().note.as_deref() == Some("没有回音"));
    assert_eq!(unanswered.count(), 4, "each of them once");
}

fn the_keeper_works_beside_the_running_server(on: On) {
    let data = Data::new(on);
    let program = Program::start(&data, &[]);
    let printed =
        other_command(&data, &["invite", "--name", "陈静", "--role", "community-staff", "--area", COMMUNITY]);
    let invitation: Invitation = printed.trim().parse().unwrap();
    let answer = enrol(&program.url, &invitation, NONCE).unwrap();
    assert_eq!(answer.role, Role::CommunityStaff);

    let folder = TempDir::new().unwrap();
    let file = folder.path().join("items.csv");
    std::fs::write(&file, "事项编码,事项名称,大类,主责部门\n01001,测试事项,市容秩序,城管局\n坏,行,x,y\n")
        .unwrap();
    let printed = other_command(&data, &["import", "items", file.to_str().unwrap(), "--county", "230881"]);
    assert!(printed.contains("\"new\":1") && printed.contains("\"rows\":2"), "{printed}");

    let mut device = Device::of(&program.url, &answer);
    device.pull();
    assert_eq!(device.of_kind(records::item::Item::DECLARATION.kind).len(), 1);
    let counts = other_command(&data, &["count"]);
    assert!(counts.contains(r#"{"count":1,"kind":6,"name":"item","scope":"230881#public"}"#), "{counts}");
}

#[cfg(unix)]
#[test]
fn the_data_is_closed_to_everybody_else() {
    use std::os::unix::fs::PermissionsExt;
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
    let parent = TempDir::new().unwrap();
    let data = parent.path().join("data");
    let before = std::fs::Permissions::from_mode(0o755);
    // A new folder, and one that an earlier version left open.
    for _ in 0..2 {
        let database = server::Database::open(&data, NOW).unwrap();
        assert_eq!(mode(&data), 0o700);
        for name in ["server.db", "server.db-wal", "server.db-shm"] {
            assert_eq!(mode(&data.join(name)), 0o600, "{name}");
        }
        drop(database);
        std::fs::set_permissions(&data, before.clone()).unwrap();
        std::fs::set_permissions(data.join("server.db"), before.clone()).unwrap();
    }
}
