//! Registers as they come: read in any encoding, refused with a reason, sent like any other change.

use encoding_rs::GB18030;
use records::Fault;
use records::call::{
    AcceptImport, ImportKind, ImportPreview, Imported, ListHouseholds, Masked, PreviewImport, Reveal,
};
use stories::networked::Device;
use stories::server::{ServerProcess, more};

use crate::common::*;

/// A register with so many doors in a building of its own.
fn register(doors: usize) -> String {
    let row = |number: usize| {
        format!(
            "新建小区,99号楼,{}单元,{},欧阳{},1380013{:04},2\n",
            number / 100 + 1,
            number,
            given(number),
            number
        )
    };
    let rows: String = (100..100 + doors).map(row).collect();
    format!("小区,楼栋,单元,门牌,户主,联系电话,人口数\n{rows}")
}

/// A given name for a number.
fn given(number: usize) -> String {
    let digits = ['零', '伊', '尔', '山', '思', '武', '柳', '琪', '巴', '久'];
    number.to_string().bytes().map(|digit| digits[usize::from(digit - b'0')]).collect()
}

fn preview(device: &mut Device, bytes: Vec<u8>, file_name: &str) -> Result<ImportPreview, Fault> {
    let upload = device.upload(bytes);
    device.ask(PreviewImport { upload, file_name: file_name.to_owned(), what: ImportKind::Households })
}

#[test]
fn a_register_from_an_old_system_arrives_at_server_and_colleague() {
    let server = ServerProcess::demo().unwrap();
    let mut worker = Device::enrolled(&server.worker_invitation).unwrap();
    let mut colleague = colleague(&server);
    let before = server.count().unwrap();
    let file = GB18030.encode(&register(400)).0.into_owned();

    let seen = preview(&mut worker, file.clone(), "住户台账.csv").unwrap();
    assert_eq!(
        (seen.rows, seen.new, seen.changed, seen.problem_count),
        (400, 400, 0, 0),
        "{:?}",
        seen.problems
    );
    assert_eq!(waiting(&mut worker), (0, 0), "a preview writes nothing");
    worker.ask(AcceptImport { upload: seen.upload }).unwrap();
    worker.sync().unwrap();
    colleague.sync().unwrap();
    let arrived = more([("handling", 1), ("house", 400), ("household", 400), ("person", 400)]);
    assert_eq!(server.count().unwrap().since(&before), arrived);
    assert_eq!((waiting(&mut worker), waiting(&mut colleague)), ((0, 0), (0, 0)));

    let search = ListHouseholds { search: "99-2-142".to_owned(), limit: 5, ..Default::default() };
    let [row] = colleague.ask(search).unwrap().rows.try_into().unwrap();
    let person = page(&mut colleague, row.id).people[0].id;
    let name = colleague.ask(Reveal::of(person, Masked::Name)).unwrap().value;
    assert_eq!(name, format!("欧阳{}", given(142)));

    // The same file once more changes nothing and sends nothing.
    let again = preview(&mut worker, file, "住户台账.csv").unwrap();
    assert_eq!((again.new, again.changed, again.same), (0, 0, 400));
    assert_eq!(worker.ask(AcceptImport { upload: again.upload }).unwrap(), Imported { new: 0, changed: 0 });
    assert_eq!(waiting(&mut worker), (0, 0));
}

#[test]
fn a_register_reads_the_same_in_every_encoding() {
    let server = ServerProcess::demo().unwrap();
    let mut worker = Device::enrolled(&server.worker_invitation).unwrap();
    let text = register(20);
    let utf16 = |bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
    let files = [
        text.clone().into_bytes(),
        [b"\xef\xbb\xbf", text.as_bytes()].concat(),
        text.replace('\n', "\r\n").into_bytes(),
        text.replace(',', "\t").into_bytes(),
        GB18030.encode(&text).0.into_owned(),
        [&b"\xff\xfe"[..], &utf16(u16::to_le_bytes)].concat(),
        utf16(u16::to_be_bytes),
    ];
    for (number, file) in files.into_iter().enumerate() {
        let seen = preview(&mut worker, file, "台账.csv").unwrap();
        assert_eq!((seen.rows, seen.new, seen.problem_count), (20, 20, 0), "file {number}");
        assert!(seen.sample[0].contains(&"99号楼".to_owned()), "file {number}: {:?}", seen.sample);
    }
}

#[test]
fn rows_with_problems_are_named_and_the_others_arrive() {
    let server = ServerProcess::demo().unwrap();
    let mut worker = Device::enrolled(&server.worker_invitation).unwrap();
    let before = server.count().unwrap();
    let file = "楼栋,单元,门牌,户主,联系电话,身份证号
99号楼,1单元,101,欧阳一,13800138000,
99号楼,1单元,102,欧阳二,12345,
99号楼,1单元,103,欧阳三,,110105194912310021
99号楼,1单元,104,\"欧阳四,,
99号楼,1单元,105,欧阳五,13800138005,
99号楼,1单元,,欧阳六,,
";
    let seen = preview(&mut worker, file.into(), "台账.csv").unwrap();
    let problems: Vec<(u32, &str)> = seen.problems.iter().map(|p| (p.row, p.fault.code.as_str())).collect();
    assert_eq!(problems, [(3, "phone.wrong"), (4, "id_number.check_digit"), (7, "household.second_head")]);
    worker.ask(AcceptImport { upload: seen.upload }).unwrap();
    worker.sync().unwrap();
    assert_eq!(waiting(&mut worker), (0, 0));
    let arrived = more([("handling", 1), ("house", 3), ("household", 3), ("person", 3)]);
    assert_eq!(server.count().unwrap().since(&before), arrived);
}

#[test]
fn what_is_no_register_says_why_and_changes_nothing() {
    let server = ServerProcess::demo().unwrap();
    let mut worker = Device::enrolled(&server.worker_invitation).unwrap();
    let held_before = held(&mut worker);
    let many_rows = format!("楼栋,门牌,户主\n{}", "1,101,王\n".repeat(200_001));
    let files: [(&str, Vec<u8>, &str); 10] = [
        ("大.csv", b"1,101,a\n".repeat(100 * 1024 * 1024 / 8), "import.too_large"),
        ("长.csv", many_rows.into_bytes(), "import.too_large"),
        ("空.csv", vec![], "import.empty"),
        ("只有表头.csv", "楼栋,门牌,户主\n".into(), "import.empty"),
        ("别的表.csv", "日期,金额\n2026-11-01,3\n".into(), "import.column_missing"),
        ("照片.csv", b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x02\x03\x04".repeat(50), "import.encoding"),
        ("表.xlsx", b"PK\x03\x04 broken off".to_vec(), "import.not_a_table"),
        ("表.pdf", b"%PDF-1.7\n1 0 obj\n".to_vec(), "import.not_a_table"),
        ("断.csv", b"\xc2\xa5\xb6\xb0,\xc3\xc5\xc5\xc6\n1,2\n\x81".to_vec(), "import.encoding"),
        ("话.csv", "你好\n".into(), "import.no_header"),
    ];
    for (name, bytes, expected) in files {
        let fault = preview(&mut worker, bytes, name).unwrap_err();
        assert_eq!(fault.code, expected, "{name}");
    }
    let nothing = worker.ask(AcceptImport { upload: 99 }).unwrap_err();
    assert_eq!(nothing.code, "import.upload_missing");
    assert_eq!((held(&mut worker), waiting(&mut worker)), (held_before, (0, 0)));
    let door = doors(&mut worker, 1)[0];
    visit(&mut worker, door, "照常工作");
    worker.sync().unwrap();
    assert_eq!(waiting(&mut worker), (0, 0));
}
