use proptest::prelude::*;

use super::*;

#[test]
fn all_problems_are_told_at_once() {
    let text = "a = 1\nbee = 2\n[t]\nx = \"y\"\n\n[[list]]\nn = [\"a\", 3]\n[[list]]\n\"odd key\" = 1\n";
    let (mut reader, mut root) = Reader::open("f.toml", text);
    assert_eq!(reader.value::<u8>(&mut root, "a").map(|found| found.value), Some(1));
    let mut table = reader.section(&mut root, "t").unwrap();
    assert!(reader.value::<u8>(&mut table, "x").is_none());
    reader.no_more(table);
    for mut section in reader.sections(&mut root, "list") {
        reader.value::<Vec<String>>(&mut section, "n");
        reader.no_more(section);
    }
    reader.value::<u8>(&mut root, "bees");
    reader.no_more(root);
    let problems = reader.finish(()).unwrap_err();
    let expected = [
        "f.toml:4: t.x: invalid type: string \"y\", expected u8",
        "f.toml:7: list[0].n[1]: invalid type: integer `3`, expected a string",
        "f.toml:9: list[1].\"odd key\": unknown key `odd key`; known are n",
        "f.toml:2: bee: unknown key `bee`; did you mean `bees`?",
    ];
    assert_eq!(problems.to_string(), expected.join("\n"));
}

#[test]
fn what_is_no_table_is_said_so() {
    let (mut reader, mut root) = Reader::open("f.toml", "t = 1\nlist = 2");
    assert!(reader.section(&mut root, "t").is_none());
    assert!(reader.sections(&mut root, "list").is_empty());
    let problems = reader.finish(()).unwrap_err();
    assert_eq!(
        problems.to_string(),
        "f.toml:1: t: must be a table, not integer\nf.toml:2: list: must be written as [[list]]"
    );
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "(?s).{0,200}") {
        let (mut reader, root) = Reader::open("f", &text);
        reader.no_more(root);
        if let Err(problems) = reader.finish(()) {
            prop_assert!(!problems.0.is_empty());
        }
    }
}
