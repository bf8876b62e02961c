//! Whether a rule of a location constraint holds on a node, as far as it is simple enough to be sure.

use std::cmp::Ordering;

/// Whether a rule holds, given the node's attributes; `None` where it is not certain: dates, brackets, an attribute
/// that is not known, a comparison whose type would matter.
pub(super) fn holds<'a>(rule: &str, attribute: impl Fn(&str) -> Option<&'a str>) -> Option<bool> {
    let (parts, any): (Vec<&str>, bool) = match (rule.contains(" or "), rule.contains(" and ")) {
        (true, true) => return None,
        (true, false) => (rule.split(" or ").collect(), true),
        (false, _) => (rule.split(" and ").collect(), false),
    };
    let judged = parts.into_iter().map(|part| expression(part, &attribute)).collect::<Option<Vec<bool>>>()?;
    Some(if any { judged.contains(&true) } else { !judged.contains(&false) })
}

fn expression<'a>(text: &str, attribute: &impl Fn(&str) -> Option<&'a str>) -> Option<bool> {
    let words: Vec<&str> = text.split(' ').collect();
    match words.as_slice() {
        ["defined", name] => attribute(name).map(|_| true),
        ["not_defined", name] => attribute(name).map(|_| false),
        [name, operation, value] => compare(attribute(name)?, operation, value),
        _ => None,
    }
}

fn compare(here: &str, operation: &str, value: &str) -> Option<bool> {
    let numbers = here.parse::<i64>().ok().zip(value.parse::<i64>().ok());
    let order = numbers.map(|(here, value)| here.cmp(&value));
    match operation {
        "eq" | "ne" => {
            let equal = here == value;
            // `1` and `01` are equal as numbers, not as words, and the type is not known.
            let is_sure = equal || order != Some(Ordering::Equal);
            is_sure.then_some(equal == (operation == "eq"))
        }
        "lt" => order.map(Ordering::is_lt),
        "lte" => order.map(Ordering::is_le),
        "gt" => order.map(Ordering::is_gt),
        "gte" => order.map(Ordering::is_ge),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    fn here(name: &str) -> Option<&'static str> {
        match name {
            "pingd" => Some("100"),
            "rack" => Some("r2"),
            _ => None,
        }
    }

    #[rstest]
    #[case("rack eq r2", Some(true))]
    #[case("rack ne r2", Some(false))]
    #[case("pingd lt 1", Some(false))]
    #[case("pingd gte 100", Some(true))]
    #[case("pingd eq 0100", None)]
    #[case("rack lt 3", None)]
    #[case("pingd lt 1 or rack eq r2", Some(true))]
    #[case("pingd gt 1 and rack eq r1", Some(false))]
    #[case("pingd gt 1 and rack eq r1 or rack eq r2", None)]
    #[case("not_defined pingd", Some(false))]
    #[case("not_defined other", None)]
    #[case("other eq 1", None)]
    #[case("date lt 2026-11-22", None)]
    #[case("(rack eq r2)", None)]
    #[case("", None)]
    fn what_is_sure(#[case] rule: &str, #[case] expected: Option<bool>) {
        assert_eq!(holds(rule, here), expected);
    }

    proptest! {
        #[test]
        fn any_text_is_taken(rule in "(?s).{0,60}") {
            let _judged = holds(&rule, here);
        }
    }
}
