//! Tables as they really come: encodings, delimiters, titles, merged names, numbers and days.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on may stop")]

use encoding_rs::GB18030;
use intake::table::{self, Table};
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};

const CSV: &str = "姓名,房号,备注\n张三,201,有狗\n李四,302,\n";

fn read(bytes: &[u8]) -> Table {
    table::read(bytes, "a.csv").unwrap()
}

fn cells(table: &Table) -> Vec<Vec<&str>> {
    table.rows.iter().map(|row| row.cells.iter().map(String::as_str).collect()).collect()
}

fn utf16(text: &str, big: bool, mark: bool) -> Vec<u8> {
    let marked = if mark { format!("\u{feff}{text}") } else { text.to_owned() };
    marked.encode_utf16().flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
}

#[test]
fn every_encoding_reads_the_same() {
    let expected = read(CSV.as_bytes());
    assert_eq!(cells(&expected), [["张三", "201", "有狗"], ["李四", "302", ""]]);
    let marked = format!("\u{feff}{CSV}");
    assert_eq!(read(marked.as_bytes()), expected);
    assert_eq!(read(&GB18030.encode(CSV).0), expected);
    for (big, mark) in [(false, true), (true, true), (false, false), (true, false)] {
        assert_eq!(read(&utf16(CSV, big, mark)), expected, "{big} {mark}");
    }
    // A character outside the basic plane takes four bytes in GB 18030.
    let rare = CSV.replace("张三", "張𬭎");
    assert_eq!(read(&GB18030.encode(&rare).0).rows[0].cells[0], "張𬭎");
}

#[test]
fn every_delimiter_and_line_end_reads_the_same() {
    let expected = read(CSV.as_bytes());
    for (from, to) in [(",", ";"), (",", "\t"), ("\n", "\r\n"), ("\n", "\r")] {
        assert_eq!(read(CSV.replace(from, to).as_bytes()), expected, "{to:?}");
    }
    let separated = format!("sep=;\r\n{}", CSV.replace(',', ";"));
    assert_eq!(cells(&read(separated.as_bytes())), cells(&expected));
}

#[test]
fn quotes_that_never_close_swallow_nothing() {
    let broken = "姓名,房号,备注\n张三,201,\"有狗\n李四,302,\n王五,401,先打电话\n";
    let table = read(broken.as_bytes());
    assert_eq!(cells(&table), [["张三", "201", "有狗"], ["李四", "302", ""], ["王五", "401", "先打电话"]]);
    let whole = "姓名,房号,备注\n张三,201,\"有狗,\n先喊一声\"\n李四,\"=\"\"0302\"\"\",\n";
    let table = read(whole.as_bytes());
    assert_eq!(cells(&table), [["张三", "201", "有狗,\n先喊一声"], ["李四", "0302", ""]]);
    // A cell of two lines is one row in the spreadsheet somebody looks at.
    assert_eq!(table.rows[1].number, 3);
}

#[test]
fn titles_empty_rows_and_empty_columns_are_passed_over() {
    let text = "07 网格住户台账,,,\n填表人：陈静,,日期,2026-11-22\n,,,\n姓名,,房号,\n,,,\n张三,,201,\n姓名,,房号,\n李四,,302,\n";
    let table = read(text.as_bytes());
    assert_eq!(table.headers, ["姓名", "房号"]);
    assert_eq!(cells(&table), [["张三", "201"], ["李四", "302"]]);
    assert_eq!(table.rows.iter().map(|row| row.number).collect::<Vec<_>>(), [6, 8]);
}

#[test]
fn a_row_has_the_number_it_has_in_a_spreadsheet_blank_lines_counted() {
    let text = "\n台账\n\n\n姓名,房号\n张三,201\n\n \n\"李\n\n四\",302\n\n\n王五,401\n赵六,402";
    for end in ["\n", "\r\n", "\r"] {
        let table = read(text.replace('\n', end).as_bytes());
        let numbers: Vec<u32> = table.rows.iter().map(|row| row.number).collect();
        assert_eq!(numbers, [6, 9, 12, 13], "{end:?}");
    }
    let separated = read("sep=;\n\n姓名;房号\n\n张三;201\n".as_bytes());
    assert_eq!(separated.rows[0].number, 5);
}

#[test]
fn column_names_in_two_merged_rows_are_put_together() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    let plain = Format::new();
    sheet.merge_range(0, 0, 0, 5, "沙河桥社区台账", &plain).unwrap();
    sheet.merge_range(1, 0, 2, 0, "姓名", &plain).unwrap();
    sheet.merge_range(1, 1, 1, 4, "住址", &plain).unwrap();
    sheet.write_row(2, 1, ["小区", "楼栋", "单元", "房号"]).unwrap();
    sheet.merge_range(1, 5, 2, 5, "联系电话（手机）", &plain).unwrap();
    sheet.write_row(3, 0, ["张三", "幸福小区", "2", "1", "201", "15412345678"]).unwrap();
    let table = read(&book.save_to_buffer().unwrap());
    assert_eq!(table.headers, ["姓名", "小区", "楼栋", "单元", "房号", "联系电话（手机）"]);
    assert_eq!(table.rows[0].number, 4);
}

#[test]
fn numbers_and_days_of_a_workbook_read_as_they_look() {
    let mut book = Workbook::new();
    book.add_worksheet();
    let sheet = book.add_worksheet();
    let day = Format::new().set_num_format("yyyy/m/d");
    sheet.write_row(4, 2, ["姓名", "房号", "手机", "出生日期", "比例"]).unwrap();
    sheet.write(5, 2, "张三").unwrap();
    sheet.write(5, 3, 201.0).unwrap();
    sheet.write(5, 4, 15_412_345_678_i64).unwrap();
    sheet.write_with_format(5, 5, ExcelDateTime::from_ymd(1941, 3, 8).unwrap(), &day).unwrap();
    sheet.write(5, 6, 0.5).unwrap();
    let table = read(&book.save_to_buffer().unwrap());
    assert_eq!(cells(&table), [["张三", "201", "15412345678", "1941-03-08", "0.5"]]);
    assert_eq!(table.rows[0].number, 6);
}

#[test]
fn cells_beyond_the_names_are_kept_apart() {
    let table = read("姓名,房号\n张三,201,多了,一格\n李四,302,,\n".as_bytes());
    assert_eq!(table.rows[0].surplus, ["多了", "一格"]);
    assert!(table.rows[1].surplus.is_empty());
}
