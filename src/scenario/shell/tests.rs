use proptest::prelude::*;
use rstest::rstest;

use super::*;

fn shown(script: &str) -> String {
    put_in(script, |name| match name {
        "vip" => Some("192.0.2.10"),
        "nodes" => Some("n1 n2"),
        "password" => Some("********"),
        _ => None,
    })
}

#[rstest]
#[case("echo $vip ${vip}", "echo 192.0.2.10 192.0.2.10")]
#[case("echo \"to $vip\"", "echo \"to 192.0.2.10\"")]
#[case("echo 'to $vip' $'a\\'$vip'", "echo 'to $vip' $'a\\'$vip'")]
#[case(r#"echo \$vip "\$vip" \\$vip"#, r#"echo \$vip "\$vip" \\192.0.2.10"#)]
#[case("echo $vips ${vip:-x} ${vip%.*} $other", "echo $vips ${vip:-x} ${vip%.*} $other")]
#[case("# for $vip\necho a#$vip", "# for $vip\necho a#192.0.2.10")]
#[case("for n in $nodes; do echo $n; done", "for n in n1 n2; do echo $n; done")]
#[case("x=$(echo \"$vip\" '$vip')", "x=$(echo \"192.0.2.10\" '$vip')")]
#[case("echo \"$(echo '$vip' \"$vip\")\"", "echo \"$(echo '$vip' \"192.0.2.10\")\"")]
#[case("echo `echo $vip`", "echo `echo 192.0.2.10`")]
#[case("echo ${x:-$vip}", "echo ${x:-192.0.2.10}")]
#[case("echo $((1 << 2)) $vip", "echo $((1 << 2)) 192.0.2.10")]
#[case("cat <<< $vip", "cat <<< 192.0.2.10")]
#[case("echo ${#vip} ${!vip} $1 $$ $vip", "echo ${#vip} ${!vip} $1 $$ 192.0.2.10")]
fn values_stand_where_bash_would_put_them(#[case] script: &str, #[case] expected: &str) {
    assert_eq!(shown(script), expected);
}

#[rstest]
#[case(
    "cat <<EOF\na '$vip' \\$vip \"$vip\"\nEOF\necho $vip",
    "cat <<EOF\na '192.0.2.10' \\$vip \"192.0.2.10\"\nEOF\necho 192.0.2.10"
)]
#[case("cat <<'EOF'\n$vip\nEOF\necho $vip", "cat <<'EOF'\n$vip\nEOF\necho 192.0.2.10")]
#[case("cat <<-EOF\n\t$vip\n\tEOF\n'$vip'", "cat <<-EOF\n\t192.0.2.10\n\tEOF\n'$vip'")]
#[case("cat <<A <<'B'\n$vip\nA\n$vip\nB\n", "cat <<A <<'B'\n192.0.2.10\nA\n$vip\nB\n")]
#[case("cat << EOF >> f\nit's $vip\nEOF\necho '$vip'", "cat << EOF >> f\nit's 192.0.2.10\nEOF\necho '$vip'")]
fn here_documents_are_understood(#[case] script: &str, #[case] expected: &str) {
    assert_eq!(shown(script), expected);
}

#[rstest]
#[case("vip=1\necho $vip")]
#[case("if x; then vip=1; fi; echo $vip")]
#[case("for vip in a b; do echo $vip; done")]
#[case("cat x | while IFS= read -r vip; do echo $vip; done")]
#[case("export vip=2; echo $vip")]
#[case("unset vip; echo $vip")]
#[case("((vip++)); echo $vip")]
#[case("printf -v vip x; echo $vip")]
#[case("echo ${vip:=x} $vip")]
fn what_the_script_sets_itself_stays_as_it_is_written(#[case] script: &str) {
    assert_eq!(shown(script), script);
}

#[rstest]
#[case("pcs resource create vip ip=$vip", "pcs resource create vip ip=192.0.2.10")]
#[case("pcs property set vip=$vip", "pcs property set vip=192.0.2.10")]
#[case("echo \"vip=1\" $vip", "echo \"vip=1\" 192.0.2.10")]
#[case("cat <<EOF\nvip=$vip\nEOF", "cat <<EOF\nvip=192.0.2.10\nEOF")]
#[case("# vip=1\necho $vip", "# vip=1\necho 192.0.2.10")]
#[case("export vip; echo $vip", "export vip; echo 192.0.2.10")]
fn what_only_looks_like_an_assignment_is_none(#[case] script: &str, #[case] expected: &str) {
    assert_eq!(shown(script), expected);
}

#[test]
fn a_nest_of_here_documents_ends() {
    let script = "cat <<a\n$(".repeat(20_000);
    assert_eq!(shown(&script), script);
}

proptest! {
    #[test]
    fn any_text_is_shown_and_only_uses_are_changed(script in any::<String>()) {
        prop_assert_eq!(put_in(&script, |_| None), script);
    }

    #[test]
    fn any_shell_like_text_is_taken_apart(script in "[a-z$'\"`(){}<#=\\\\ \n-]{0,60}") {
        let lexed = lex(&script);
        prop_assert_eq!(lexed.code.len(), script.len());
        let mut before = 0;
        for (range, name) in lexed.uses {
            prop_assert!(range.start >= before && range.end <= script.len());
            prop_assert!(script.get(range.clone()).unwrap().contains(name));
            before = range.end;
        }
    }
}
