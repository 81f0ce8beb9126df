//! Somebody asks that what is kept of them be deleted: it goes from every device and from the server, or is put aside
//! where the law keeps it; and whoever asked is given a proof.

use std::path::Path;

use records::RecordId;
use records::call::*;
use records::codes::{Asker, Deed, ErasureCommand, ErasureGround, ErasureState, IdentityCheck, StopGround};
use stories::networked::Device;
use stories::server::ServerProcess;

use crate::common::*;

const PHONE: &str = "13812345678";
const ID_NUMBER: &str = "11010519491231002X";

struct Community {
    server: ServerProcess,
    worker: Device,
    colleague: Device,
    lead: Device,
    door: RecordId,
    person: RecordId,
    name: String,
}

/// A grid worker, a colleague and the lead of their community; a door, and somebody there of whom much is known.
fn community() -> Community {
    let server = ServerProcess::demo().unwrap();
    let mut worker = Device::enrolled(&server.worker_invitation).unwrap();
    let colleague = colleague(&server);
    let lead = server.invite("community-lead", "230881/001/003", "郑书记").unwrap();
    let lead = Device::enrolled(&lead).unwrap();
    let door = doors(&mut worker, 1)[0];
    let person = page(&mut worker, door).people[0].id;
    let name = "欧阳不存在".to_owned();
    let edit = EditPerson {
        id: person,
        name: Some(name.clone()),
        phone: Some(PHONE.to_owned()),
        id_number: Some(ID_NUMBER.to_owned()),
    };
    worker.ask(edit).unwrap();
    visit(&mut worker, door, "欧阳不存在说腿疼，电话13812345678");
    write_note(&mut worker, door, "找欧阳不存在的女儿");
    let mut all = Community { server, worker, colleague, lead, door, person, name };
    all.sync();
    all
}

impl Community {
    fn sync(&mut self) {
        for _ in 0..2 {
            for device in [&mut self.worker, &mut self.colleague, &mut self.lead] {
                device.sync().unwrap();
            }
        }
    }

    fn devices(&mut self) -> [&mut Device; 3] {
        [&mut self.worker, &mut self.colleague, &mut self.lead]
    }

    /// Somebody asks at the door, and the lead hears of it.
    fn ask(&mut self) -> ErasureRow {
        let (asker, checked) = (Asker::Person, IdentityCheck::Document);
        self.worker.ask(AskErasure { person: self.person, asker, checked }).unwrap();
        self.sync();
        requests(&mut self.lead).remove(0)
    }
}

fn requests(device: &mut Device) -> Vec<ErasureRow> {
    device.ask(ListErasures { after: None, limit: 50 }).unwrap().rows
}

fn decide(device: &mut Device, id: RecordId, command: ErasureCommand) -> Result<Saved, records::Fault> {
    let until = Some("2030-12-31".parse().unwrap());
    let (erased_for, stopped_for) = (Some(ErasureGround::PurposeOver), Some(StopGround::TermOfLaw));
    device.ask(DecideErasure { id, command, erased_for, stopped_for, until })
}

fn is_found(device: &mut Device, search: &str, door: RecordId) -> bool {
    let list = ListHouseholds { search: search.to_owned(), limit: 50, ..Default::default() };
    device.ask(list).unwrap().rows.iter().any(|row| row.id == door)
}

fn people(device: &mut Device, door: RecordId) -> Vec<RecordId> {
    page(device, door).people.iter().map(|person| person.id).collect()
}

/// Whether a text stands in any byte of the files beside this one.
fn stands_in(file: &Path, text: &str) -> bool {
    let folder = std::fs::read_dir(file.parent().unwrap()).unwrap();
    let files = folder.map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
    let has = |bytes: Vec<u8>| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    files.into_iter().any(|path| has(std::fs::read(path).unwrap()))
}

#[test]
fn what_was_kept_of_somebody_goes_from_every_device_and_comes_back_from_nowhere() {
    let mut all = community();
    let (door, person, name) = (all.door, all.person, all.name.clone());
    assert!(is_found(&mut all.colleague, &name, door) && stands_in(&all.colleague.file(), &name));
    let asked = all.ask();
    assert_eq!((asked.state, asked.days_left), (ErasureState::Open, Some(15)));
    assert!(asked.whose.contains('*'), "{}", asked.whose);
    let again = AskErasure { person, asker: Asker::Person, checked: IdentityCheck::Known };
    assert_eq!(all.worker.ask(again).unwrap_err().code, "erasure.asked_already");
    assert_eq!(
        decide(&mut all.worker, asked.id, ErasureCommand::Erase).unwrap_err().code,
        "erasure.not_yours"
    );

    // Somebody changes it meanwhile, out of reach.
    let edit = EditPerson {
        id: person,
        name: Some("欧阳不存在".to_owned()),
        phone: Some("13900001111".to_owned()),
        id_number: None,
    };
    all.colleague.ask(edit).unwrap();
    decide(&mut all.lead, asked.id, ErasureCommand::Erase).unwrap();
    all.lead.sync().unwrap();
    all.sync();

    for device in all.devices() {
        assert!(!people(device, door).contains(&person));
        assert_eq!((waiting(device), cards(device)), ((0, 0), vec![]));
        assert_eq!(page(device, door).note.as_deref(), Some("找某人的女儿"));
        assert_eq!(visits_noted(device, door, "某人说腿疼，电话某人").len(), 1);
        for search in ["欧阳不存在", "oybcz", "ouyang"] {
            assert!(!is_found(device, search, door), "{search}");
        }
        assert_eq!(device.ask(Reveal::of(person, Masked::Name)).unwrap_err().code, "record.missing");
        assert_eq!(device.ask(Restore { id: person }).unwrap_err().code, "record.cleared");
        for word in ["欧阳不存在", "ouyangbucunzai", PHONE, ID_NUMBER, "13900001111"] {
            assert!(!stands_in(&device.file(), word), "{word}");
        }
        let [row] = requests(device).try_into().unwrap();
        assert_eq!((row.state, row.days_left, row.is_gone_here), (ErasureState::Erased, None, true));
        assert_eq!((row.subject, row.whose.as_str()), (person, ""));
        assert_eq!(row.erased_for, Some(ErasureGround::PurposeOver));
    }
    let deeds = all.lead.ask(ListHandling { after: None, limit: 50 }).unwrap().rows;
    assert!(deeds.iter().any(|row| row.deed == Deed::Deleted && row.by.as_deref() == Some("郑书记")));
    // A device that comes new hears of nothing either.
    let late = all.server.invite("grid-worker", GRID, "新来的").unwrap();
    let mut late = Device::enrolled(&late).unwrap();
    assert!(!people(&mut late, door).contains(&person) && !stands_in(&late.file(), &name));
    let audit = all.server.keeper("audit", &["list"]).unwrap();
    let noted = audit.lines().find(|line| line.contains("record.erased")).unwrap();
    assert!(!noted.contains(&name) && !noted.contains(&person.to_string()), "{noted}");
}

#[test]
fn what_the_law_keeps_leaves_the_devices_and_comes_back_when_that_is_decided() {
    let mut all = community();
    let (door, person, name) = (all.door, all.person, all.name.clone());
    let asked = all.ask();
    decide(&mut all.lead, asked.id, ErasureCommand::Stop).unwrap();
    all.lead.sync().unwrap();
    all.sync();
    for device in all.devices() {
        assert!(!people(device, door).contains(&person) && !is_found(device, &name, door));
        assert_eq!(device.ask(Restore { id: person }).unwrap_err().code, "record.cleared");
        assert!(!stands_in(&device.file(), ID_NUMBER));
        let [row] = requests(device).try_into().unwrap();
        assert_eq!((row.state, row.stopped_for), (ErasureState::Stopped, Some(StopGround::TermOfLaw)));
        assert_eq!(row.until, Some("2030-12-31".parse().unwrap()));
    }
    decide(&mut all.lead, asked.id, ErasureCommand::Resume).unwrap();
    all.lead.sync().unwrap();
    all.sync();
    for device in all.devices() {
        assert!(people(device, door).contains(&person) && is_found(device, &name, door));
        assert_eq!(requests(device)[0].state, ErasureState::Resumed);
    }
    let shown = all.lead.ask(Reveal::of(person, Masked::Phone)).unwrap().value;
    assert_eq!(shown, PHONE);
}

#[test]
fn a_request_that_is_taken_back_changes_nothing() {
    let mut all = community();
    let asked = all.ask();
    decide(&mut all.worker, asked.id, ErasureCommand::TakeBack).unwrap();
    all.sync();
    let (door, person) = (all.door, all.person);
    for device in all.devices() {
        assert!(people(device, door).contains(&person));
        assert_eq!(requests(device)[0].state, ErasureState::TakenBack);
    }
    assert_eq!(
        decide(&mut all.lead, asked.id, ErasureCommand::Erase).unwrap_err().code,
        "erasure.state_wrong"
    );
}
