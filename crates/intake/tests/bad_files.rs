//! Files as a whole: every way in which one is no table, and what it is called then.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on may stop")]

use std::io::{Cursor, Write};

use intake::table::{self, MAX_BYTES, Table};
use rust_xlsxwriter::{Formula, Workbook};
use zip::write::SimpleFileOptions;

fn code(bytes: &[u8], name: &str) -> &'static str {
    table::read(bytes, name).map_or_else(|fault| fault.code(), |_| "read")
}

fn zipped(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn ods(rows: &str) -> Vec<u8> {
    let content = format!(
        r#"<?xml version="1.0" encoding="UTF-8"?><office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet><table:table table:name="一">{rows}</table:table></office:spreadsheet></office:body></office:document-content>"#
    );
    let manifest = r#"<?xml version="1.0"?><manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>"#;
    zipped(&[
        ("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"),
        ("META-INF/manifest.xml", manifest.as_bytes()),
        ("content.xml", content.as_bytes()),
    ])
}

fn cell(text: &str) -> String {
    format!(r#"<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>"#)
}

#[test]
fn too_large_is_said_before_anything_is_read() {
    assert_eq!(code(&vec![b'a'; MAX_BYTES + 1], "a.csv"), "import.too_large");
    let many_rows = format!("姓名,房号\n{}", "a,1\n".repeat(200_001 + 20));
    assert_eq!(code(many_rows.as_bytes(), "a.csv"), "import.too_large");
    let just_too_many = format!("姓名,房号\n{}", "a,1\n".repeat(200_001));
    assert_eq!(code(just_too_many.as_bytes(), "a.csv"), "import.too_large");
    let many_columns = format!("姓名,{}\n", "列,".repeat(200));
    assert_eq!(code(many_columns.as_bytes(), "a.csv"), "import.too_large");
}

#[test]
fn bombs_are_refused_without_being_unpacked() {
    let spaces = vec![b' '; 64 << 20];
    let one = zipped(&[("xl/workbook.xml", &spaces)]);
    let mut source = zip::ZipArchive::new(Cursor::new(one)).unwrap();
    let mut bomb = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for number in 0..5 {
        let part = source.by_index_raw(0).unwrap();
        bomb.raw_copy_file_rename(part, format!("xl/{number}")).unwrap();
    }
    let bomb = bomb.finish().unwrap().into_inner();
    assert!(bomb.len() < 1 << 20);
    assert_eq!(code(&bomb, "a.xlsx"), "import.too_large");

    let mut book = Workbook::new();
    book.add_worksheet().write(1_048_575, 16_383, "角落").unwrap();
    assert_eq!(code(&book.save_to_buffer().unwrap(), "a.xlsx"), "import.too_large");

    let repeated = r#"<table:table-row table:number-rows-repeated="1000000"><table:table-cell table:number-columns-repeated="16384" office:value-type="float" office:value="1"/></table:table-row>"#;
    assert_eq!(code(&ods(repeated), "a.ods"), "import.too_large");
}

#[test]
fn what_is_no_table_is_called_so() {
    assert_eq!(code(b"", "a.csv"), "import.empty");
    assert_eq!(code(b"\n , ,\n\n", "a.csv"), "import.empty");
    assert_eq!(code(b"%PDF-1.7\n1 0 obj", "a.csv"), "import.not_a_table");
    assert_eq!(code(b"PK\x03\x04 broken", "a.xlsx"), "import.not_a_table");
    assert_eq!(code(&zipped(&[("word/document.xml", b"<w:document/>")]), "a.docx"), "import.not_a_table");
    assert_eq!(code(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 broken", "a.xls"), "import.not_a_table");
    assert_eq!(code(&[0x89, b'P', b'N', b'G', 0, 1, 2, 3, 0, 1], "a.csv"), "import.not_a_table");
    let mut locked = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec();
    locked.extend("EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes));
    assert_eq!(code(&locked, "a.xlsx"), "import.locked");
}

#[test]
fn wrong_encodings_are_called_so() {
    // Latin-1 with an accent is neither UTF-8 nor GB 18030.
    assert_eq!(code(b"name,room\ncaf\xe9,1\n", "a.csv"), "import.encoding");
    assert_eq!(code(b"\xef\xbb\xbfname,room\n\xff\xfe,1\n", "a.csv"), "import.encoding");
}

#[test]
fn column_names_without_rows_and_rows_without_names() {
    assert_eq!(code("小区,楼栋,单元,房号,姓名\n".as_bytes(), "a.csv"), "import.empty");
    assert_eq!(code(b"1,2,3\n4,5,6\n", "a.csv"), "import.no_header");
    let mut book = Workbook::new();
    book.add_worksheet();
    assert_eq!(code(&book.save_to_buffer().unwrap(), "a.xlsx"), "import.empty");
}

#[test]
fn cut_workbooks_are_never_half_read() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write_row(0, 0, ["姓名", "房号"]).unwrap();
    sheet.write_row(1, 0, ["张三", "201"]).unwrap();
    let whole = book.save_to_buffer().unwrap();
    assert_eq!(code(&whole, "a.xlsx"), "read");
    for length in (4..whole.len()).step_by(97) {
        assert_eq!(code(&whole[..length], "a.xlsx"), "import.not_a_table", "{length} of {}", whole.len());
    }
}

fn rows_of(table: &Table) -> Vec<Vec<&str>> {
    table.rows.iter().map(|row| row.cells.iter().map(String::as_str).collect()).collect()
}

#[test]
fn ods_and_xls_are_read_like_the_others() {
    let sheet = format!(
        "<table:table-row>{}{}</table:table-row><table:table-row>{}<table:table-cell office:value-type=\"float\" office:value=\"201\"><text:p>201</text:p></table:table-cell></table:table-row>",
        cell("姓名"),
        cell("房号"),
        cell("张三")
    );
    let table = table::read(&ods(&sheet), "a.ods").unwrap();
    assert_eq!(rows_of(&table), [["张三", "201"]]);

    let table = table::read(include_bytes!("fixtures/register.xls"), "register.xls").unwrap();
    assert_eq!(table.headers, ["楼栋", "单元", "房号", "户主", "出生日期", "联系电话"]);
    assert_eq!(
        rows_of(&table),
        [
            ["2", "1", "201", "张月荣", "1941-03-08", "15412345678"],
            ["2号楼", "一单元", "302室", "李世祥", "1950年12月28日", "0454-0242207"],
        ]
    );
    assert_eq!(table.rows[0].number, 3);
}

#[test]
fn formula_cells_give_their_last_value() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write_row(0, 0, ["姓名", "房号"]).unwrap();
    sheet.write(1, 0, "张三").unwrap();
    sheet.write_formula(1, 1, Formula::new("=200+1").set_result("201")).unwrap();
    let table = table::read(&book.save_to_buffer().unwrap(), "a.xlsx").unwrap();
    assert_eq!(rows_of(&table), [["张三", "201"]]);
}
