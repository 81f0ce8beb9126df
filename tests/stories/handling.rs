//! What was shown of a person: noted without a network, known to whoever answers for it, and to no colleague.

use records::RecordId;
use records::call::*;
use records::codes::{Deed, Purpose};
use stories::networked::Device;
use stories::server::ServerProcess;

use crate::common::*;

fn deeds(device: &mut Device) -> (Vec<HandlingRow>, bool) {
    let window = device.ask(ListHandling { after: None, limit: 200 }).unwrap();
    (window.rows, window.is_of_all)
}

fn somebody(device: &mut Device) -> RecordId {
    let door = doors(device, 1)[0];
    let id = page(device, door).people[0].id;
    let id_number = Some("11010519491231002X".to_owned());
    device.ask(EditPerson { id, name: None, phone: None, id_number }).unwrap();
    id
}

#[test]
fn the_lead_reads_what_was_shown_and_a_colleague_does_not() {
    let server = ServerProcess::demo().unwrap();
    let mut worker = Device::enrolled(&server.worker_invitation).unwrap();
    let mut colleague = colleague(&server);
    let lead = server.invite("community-lead", "230881/001/003", "郑书记").unwrap();
    let person = somebody(&mut worker);
    let why = Some(Purpose::Service);
    worker.ask(Reveal { purpose: why, ..Reveal::of(person, Masked::IdNumber) }).unwrap();
    worker.now_ms += 1;
    worker.ask(Reveal::of(person, Masked::Name)).unwrap();
    sync_both(&mut worker, &mut colleague);
    let mut lead = Device::enrolled(&lead).unwrap();

    let (seen, is_of_all) = deeds(&mut lead);
    assert!(is_of_all);
    let [newer, older] = &seen[..] else { panic!("{seen:?}") };
    assert_eq!((newer.deed, newer.field.as_deref(), newer.purpose), (Deed::Shown, Some("person.name"), None));
    assert_eq!((older.field.as_deref(), older.purpose), (Some("person.id_number"), why));
    for row in &seen {
        assert_eq!((row.by.as_deref(), row.standing), (Some("周燕"), Standing::Accepted));
        assert!(row.whose.contains('*'), "{}", row.whose);
    }
    assert_eq!(deeds(&mut colleague), (vec![], false), "nobody reads after a colleague");
    colleague.ask(Reveal::of(person, Masked::Name)).unwrap();
    assert_eq!(deeds(&mut colleague).0.len(), 1, "but everybody what they did themselves");
    // The worker's own, confirmed by now.
    let (own, is_of_all) = deeds(&mut worker);
    assert_eq!((own.len(), is_of_all, own[0].standing), (2, false, Standing::Accepted));
}
