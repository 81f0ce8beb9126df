//! Accepting an import whose preview is no longer true.

#[cfg(target_family = "wasm")]
use contract::test;
use device::LocalDevice;
use records::call::*;

use crate::{code, device};

const REGISTER: &str = "小区,楼栋,单元,门牌,户主,人口数\n新建小区,99号楼,1单元,101,欧阳一,2\n";

fn preview(device: &mut LocalDevice, file: &str) -> ImportPreview {
    let upload = device.with(|app, _| app.upload(file.as_bytes().to_vec()));
    let what = ImportKind::Households;
    device.ask(PreviewImport { upload, file_name: "台账.csv".to_owned(), what }).unwrap()
}

fn residents(device: &mut LocalDevice) -> (records::RecordId, u8) {
    let list = ListHouseholds { search: "新建小区".into(), limit: 5, ..Default::default() };
    let [row] = device.ask(list).unwrap().rows.try_into().unwrap();
    (row.id, device.ask(GetHousehold { id: row.id }).unwrap().residents)
}

#[test]
fn what_was_new_in_the_preview_is_not_made_twice() {
    let mut device = device();
    let (first, second) = (preview(&mut device, REGISTER), preview(&mut device, REGISTER));
    assert_eq!((first.new, second.new), (1, 1));
    device.ask(AcceptImport { upload: first.upload }).unwrap();
    let refused = device.ask(AcceptImport { upload: second.upload }).unwrap_err();
    assert_eq!(code(refused), "import.changed");
    assert_eq!(residents(&mut device).1, 2);

    // Looked at again it says what is true now, and can be accepted.
    let (upload, what) = (second.upload, ImportKind::Households);
    let again = device.ask(PreviewImport { upload, file_name: "台账.csv".to_owned(), what }).unwrap();
    assert_eq!((again.new, again.same), (0, 1));
    device.ask(AcceptImport { upload }).unwrap();
}

#[test]
fn what_somebody_changed_since_the_preview_is_not_overwritten() {
    let mut device = device();
    let made = preview(&mut device, REGISTER);
    device.ask(AcceptImport { upload: made.upload }).unwrap();
    let (id, _) = residents(&mut device);
    let change = preview(&mut device, &REGISTER.replace(",2\n", ",3\n"));
    assert_eq!(change.changed, 1);
    let edit = EditHousehold { residents: Some(5), ..EditHousehold::nothing(id) };
    device.ask(edit).unwrap();
    let refused = device.ask(AcceptImport { upload: change.upload }).unwrap_err();
    assert_eq!(code(refused), "import.changed");
    assert_eq!(residents(&mut device).1, 5);
}
