//! What proves a scenario is looked at.

use super::*;

async fn look(site: &Site, plan: &Plan) -> Result<Vec<(usize, Option<bool>, String)>, String> {
    let transport: Arc<dyn Transport> = site.hosts.clone();
    let proved = prove(transport, Arc::new(jiff::Timestamp::now), Access::default(), plan).await?;
    Ok(proved.into_iter().map(|it| (it.number, it.holds, it.why.join("; "))).collect())
}

/// Three steps: one with a check, one that only an `unless` tells of, one that nothing does.
fn three() -> Plan {
    let touch = "touch \"$HERE/one\"; while [ -d \"$HERE\" ]; do sleep 0.05; done";
    plan([
        Step { checks: vec![check("[ -e \"$HERE/one\" ]")], ..step(touch) },
        Step { on: Target::First, unless: vec![script("[ -e \"$HERE/two\" ]")], ..step("false") },
        step("false"),
    ])
}

#[tokio::test]
async fn each_step_is_proved_by_itself_and_nothing_is_left() {
    let site = Site::new();
    std::fs::create_dir_all(site.host("b")).unwrap();
    std::fs::write(site.host("b").join("one"), "").unwrap();
    let found = look(&site, &three()).await.unwrap();
    let words = "does not hold (exit code 1)";
    assert_eq!(
        found,
        [
            (1, Some(false), format!("on a: the check at line 7 {words}; on c: the check at line 7 {words}")),
            (2, Some(false), format!("on a: the check at line 7 {words}")),
            (3, None, String::new()),
        ]
    );
    for host in ["a", "b", "c"] {
        let left: Vec<_> = std::fs::read_dir(site.host(host).join("run")).unwrap().collect();
        assert!(left.is_empty(), "{left:?}");
    }
}

/// Nobody is kept from a run by a look, nor the other way round.
#[tokio::test]
async fn a_run_that_has_the_hosts_is_no_hindrance() {
    let site = Site::new();
    let plan = three();
    let running = Arc::new(plan.clone());
    let found = tokio::select! {
        (outcome, _) = site.perform(&running) => panic!("{outcome:?}"),
        found = async {
            until(|| ["a", "b", "c"].iter().all(|host| site.host(host).join("one").exists())).await;
            look(&site, &plan).await
        } => found.unwrap(),
    };
    assert_eq!(found[0], (1, Some(true), String::new()));
    assert!(site.host("a").join("run/lock").exists(), "the run has its lock still");
}

#[tokio::test]
async fn a_host_that_can_not_be_asked_is_told_and_nothing_is_said_of_the_rest() {
    let site = Site::new();
    site.hosts.dead.lock().unwrap().insert("c".into());
    let why = look(&site, &three()).await.unwrap_err();
    assert!(why.contains('c'), "{why}");
}
