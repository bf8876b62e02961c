//! What has to hold before the first step and after the last, as seen on the hosts.

mod facts;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use futures::future::BoxFuture;
use tokio::time::{Instant, sleep};

use self::facts::{Facts, Need};
use super::engine::{Engine, NoJournal};
use super::host::{Holder, Probed, Take, Taken};
use super::{Destruction, Shared};
use crate::model::text::clean;
use crate::model::{ClusterEntry, HostName, Observation};
use crate::scenario::journal::{Event, Place};
use crate::scenario::{Destroys, Gate, Plan};
use crate::watch;

/// How many hosts are asked at once.
const AT_ONCE: usize = 32;
/// How long what has to hold after the last step is waited for: a cluster that was just started needs a moment.
const SETTLES_WITHIN: Duration = Duration::from_secs(60);
/// The pause between two looks.
const PAUSE: Duration = Duration::from_secs(3);

/// All that was found out for gates.
#[derive(Debug, Default)]
struct Findings {
    probed: BTreeMap<Place, Probed>,
    facts: BTreeMap<Place, Facts>,
    cluster: Option<Observation>,
    /// What each host by itself says of its cluster.
    views: Vec<(HostName, Observation)>,
}

impl Engine {
    /// Whether a cluster that runs on the hosts has to be protected.
    pub(super) fn guarded(&self) -> Guarded {
        match (self.start.destruction, self.shared.plan.destroys()) {
            (Destruction::Refused, Some(what)) => Guarded::From(what),
            _ => Guarded::No,
        }
    }

    /// Takes the locks of all hosts. What was sent for them is waited for, so that each is known and given back.
    pub(super) async fn take_locks(&mut self) -> Result<Vec<String>, NoJournal> {
        let since = (self.shared.clock)();
        let scenario = &self.shared.plan.scenario.name;
        let words = format!("{scenario}, by {}, since {since:.0}", super::by());
        let lock = self.start.lock;
        let last = self.progress.next_serial() - 1;
        let shared = Arc::clone(&self.shared);
        let take = |shared: Arc<Shared>, place: Place| {
            let words = words.clone();
            async move { shared.lock(&place, &words, Take::First(lock), last).await }
        };
        // An answer may get lost after the host has given the lock.
        self.maybe_ours.extend(self.progress.places());
        let locks = self.progress.places().into_iter().map(|place| {
            let taking = take(Arc::clone(&shared), place.clone());
            async move { (place, taking.await) }
        });
        let (mut broken, mut held) = (Vec::new(), Vec::new());
        let mut taken = futures::stream::iter(locks).buffered(AT_ONCE);
        while let Some((place, answer)) = taken.next().await {
            match answer {
                Ok(Ok(grip)) => _ = self.grips.insert(place, grip),
                Ok(Err(Taken::Held(holder))) => {
                    broken.push(self.held(&place, &holder));
                    let Holder { run, words } = holder;
                    held.push(Event::Held { place, run, words });
                }
                Ok(Err(Taken::AtWork { pid, run })) => broken.push(format!(
                    "{place}: a script of run {run} still works there, as process {pid}, so {place} can't be taken: wait \
                     until it has ended, or end it (`kill -- -{pid}`)"
                )),
                Ok(Err(Taken::Same(name))) => {
                    self.maybe_ours.remove(&place);
                    broken.push(format!("{place} and {name} are the same host: name it once"));
                }
                Ok(Err(Taken::Later(number))) => {
                    // What the host remembers is all that is known of that script.
                    self.maybe_ours.remove(&place);
                    broken.push(format!(
                        "{place}: script {number} of this run was sent there, and the journal ends before it, so the run can't \
                         be resumed. Check what runs there, then start a new run with `--break-lock`"
                    ));
                }
                Err(why) => broken.push(why),
            }
        }
        drop(taken);
        self.write(held).await?;
        Ok(broken)
    }

    /// Who holds the lock of a place, and what can be done about it.
    fn held(&self, place: &Place, holder: &Holder) -> String {
        let Holder { run, words } = holder;
        let remedy = match self.runs.summary(run) {
            Some(summary) if summary.is_in_hand => "wait for it, or abort it".to_owned(),
            Some(_) => format!(
                "that run was left: go on with it (`quorate scenario resume {run}`), or break its lock (`--break-lock`)"
            ),
            None => "wait for it; if it is known to be dead, break its lock (`--break-lock`)".to_owned(),
        };
        format!("{place}: run {run} is at work there ({words}): {remedy}")
    }
}

/// What was seen before the first step.
#[derive(Debug)]
pub(super) struct Seen {
    /// What the hosts run, for the journal.
    pub(super) systems: Vec<Event>,
    /// What does not hold, all at once.
    pub(super) broken: Vec<String>,
}

/// Whether a cluster that runs has to be protected.
pub(super) enum Guarded {
    No,
    /// From a scenario that destroys this.
    From(String),
}

impl Plan {
    /// What is lost when it is carried out, in words; `None`: nothing.
    pub fn destroys(&self) -> Option<String> {
        let steps = self.scenario.steps.iter().map(|step| &step.destroys);
        let all = [&self.scenario.destroys].into_iter().chain(steps);
        let words: Vec<&str> = all
            .filter_map(|it| match it {
                Destroys::This(words) => Some(words.as_str()),
                Destroys::Nothing => None,
            })
            .collect();
        (!words.is_empty()).then(|| words.join("; "))
    }
}

impl Shared {
    /// Finds out the systems and looks at the gates; of a run that has begun, only what its hosts have to be for it to
    /// go on.
    pub(super) async fn before(
        self: Arc<Self>,
        places: Vec<Place>,
        is_fresh: bool,
        guarded: Guarded,
    ) -> Seen {
        let mut findings = Findings::default();
        let mut seen = Seen { systems: Vec::new(), broken: Vec::new() };
        for (place, probed) in self.each(places, Self::probing).await {
            match probed {
                Ok(probed) => {
                    seen.systems.push(Event::System { place: place.clone(), system: probed.system.clone() });
                    findings.probed.insert(place, probed);
                }
                Err(why) => seen.broken.push(why),
            }
        }
        if is_fresh && seen.broken.is_empty() {
            seen.broken = self.broken(&self.plan.scenario.gates.before, findings, guarded).await;
        }
        seen
    }

    /// Looks at the gates of the end until they hold or their time is up.
    pub(super) async fn after(self: Arc<Self>, places: Vec<Place>) -> Vec<String> {
        let gates = &self.plan.scenario.gates.after;
        let deadline = Instant::now() + SETTLES_WITHIN;
        loop {
            let mut findings = Findings::default();
            let mut broken = Vec::new();
            if !gates.is_empty() {
                for (place, probed) in self.each(places.clone(), Self::probing).await {
                    match probed {
                        Ok(probed) => _ = findings.probed.insert(place, probed),
                        Err(why) => broken.push(why),
                    }
                }
                broken.extend(self.broken(gates, findings, Guarded::No).await);
            }
            if broken.is_empty() || Instant::now() >= deadline {
                return broken;
            }
            sleep(PAUSE).await;
        }
    }

    fn probing(&self, place: Place) -> BoxFuture<'_, Result<Probed, String>> {
        Box::pin(async move { self.probe(&place).await })
    }

    /// Asks every place the same, many at once.
    async fn each<'a, T: Send + 'a>(
        &'a self,
        places: Vec<Place>,
        ask: impl Fn(&'a Self, Place) -> BoxFuture<'a, T>,
    ) -> Vec<(Place, T)> {
        // Boxed, so that a run can be a task.
        let mut asked: Vec<BoxFuture<'a, (Place, T)>> = Vec::new();
        for place in places {
            let answer = ask(self, place.clone());
            asked.push(Box::pin(async move { (place, answer.await) }));
        }
        futures::stream::iter(asked).buffered(AT_ONCE).collect().await
    }

    /// What does not hold, in words.
    async fn broken(&self, gates: &[Gate], mut findings: Findings, guarded: Guarded) -> Vec<String> {
        let mut broken = Vec::new();
        let need = &Need::of(gates, matches!(guarded, Guarded::From(_)));
        if need.is_any() {
            let hosts = self.plan.hosts.iter().cloned().map(Place::Host).collect();
            for (place, facts) in
                self.each(hosts, |it, place| Box::pin(async move { it.facts(&place, need).await })).await
            {
                match facts {
                    Ok(facts) => _ = findings.facts.insert(place, facts),
                    Err(why) => broken.push(why),
                }
            }
        }
        let is_about_cluster =
            |gate: &Gate| matches!(gate, Gate::Cluster | Gate::Quorum | Gate::NoFailures | Gate::AllOnline);
        if gates.iter().any(is_about_cluster) {
            let hosts = self.plan.hosts.clone();
            findings.cluster =
                Some(watch::ask_once(&self.cluster(hosts), &self.transport, &self.clock).await);
        }
        if gates.contains(&Gate::Cluster) {
            findings.views = self.views().await;
        }
        broken.extend(gates.iter().flat_map(|gate| findings.judge(gate, &self.plan)));
        if let Guarded::From(what) = guarded {
            let running = findings.facts.iter().filter(|(_, facts)| facts.is_running);
            broken.extend(running.map(|(place, _)| {
                format!("{place}: a cluster runs there, and this destroys {what}: it has to be told to (`--destroy`)")
            }));
        }
        broken
    }

    /// What each host by itself says of its cluster: one that is well is asked of one of them only otherwise.
    async fn views(&self) -> Vec<(HostName, Observation)> {
        let look = |host: &HostName| {
            let (host, entry) = (host.clone(), self.cluster(vec![host.clone()]));
            async move { (host, watch::ask_once(&entry, &self.transport, &self.clock).await) }
        };
        let looks: Vec<_> = self.plan.hosts.iter().map(look).collect();
        futures::stream::iter(looks).buffered(AT_ONCE).collect().await
    }

    /// A cluster of those hosts, to be asked how it is.
    fn cluster(&self, hosts: Vec<HostName>) -> ClusterEntry {
        let scenario = &self.plan.scenario;
        ClusterEntry {
            name: scenario.name.as_str().into(),
            tier: scenario.tier,
            hosts,
            access: self.access.clone(),
            needs: None,
        }
    }
}

impl Findings {
    /// What does not hold of a gate, a line for each place.
    fn judge(&self, gate: &Gate, plan: &Plan) -> Vec<String> {
        let hosts = || self.probed.iter().filter(|(place, _)| matches!(place, Place::Host(_)));
        match gate {
            Gate::Reachable => {
                let unfit = hosts().filter(|(_, probed)| !probed.is_root);
                unfit.map(|(place, _)| {
                    format!("{place}: what is run there has not the rights of root (see `become` in the configuration)")
                }).collect()
            }
            Gate::System(named) => {
                let others = hosts().filter(|(_, probed)| !named.iter().any(|it| probed.system.is(it)));
                others
                    .map(|(place, probed)| {
                        format!("{place}: it runs {}, and this is for {}", probed.system, named.join(", "))
                    })
                    .collect()
            }
            Gate::Members { least, most, odd } => members(plan.hosts.len(), *least, *most, *odd),
            Gate::Packages(_) | Gate::NoCluster | Gate::Memory(_) | Gate::Disk { .. } => {
                self.facts.iter().flat_map(|(place, facts)| facts.judge(gate, place)).collect()
            }
            Gate::Cluster => self.one_cluster(),
            Gate::Quorum | Gate::NoFailures | Gate::AllOnline => self.picture(gate),
        }
    }

    /// Whether all hosts are members of one cluster and see each other.
    fn one_cluster(&self) -> Vec<String> {
        let mut parties: Vec<Vec<&str>> = Vec::new();
        let mut broken = Vec::new();
        for (host, seen) in &self.views {
            let Some(picture) = seen.current() else {
                broken.push(format!("{host}: no cluster runs there"));
                continue;
            };
            let online = picture.nodes.iter().filter(|node| node.online).map(|node| node.name.as_str());
            let mut online: Vec<&str> = online.collect();
            online.sort_unstable();
            parties.push(online);
        }
        parties.dedup();
        if parties.len() > 1 {
            broken.push("the hosts are not members of one cluster, or do not see each other".to_owned());
        }
        broken
    }

    fn picture(&self, gate: &Gate) -> Vec<String> {
        let Some(picture) = self.cluster.as_ref().and_then(Observation::current) else {
            return vec![format!("{}: no cluster answers on these hosts", words(gate))];
        };
        match gate {
            Gate::Quorum if picture.summary.quorate != Some(true) => {
                vec!["the cluster has no quorum".to_owned()]
            }
            Gate::AllOnline => {
                let offline = picture.nodes.iter().filter(|node| !node.online);
                offline.map(|node| format!("node {} is not online", clean(node.name.as_str()))).collect()
            }
            Gate::NoFailures => {
                let failed = picture.primitives().map(|(_, primitive)| primitive);
                let failed = failed.filter(|primitive| primitive.failed && !primitive.failure_ignored);
                let mut broken: Vec<String> =
                    failed.map(|it| format!("resource {} has failed", clean(it.id.as_str()))).collect();
                if broken.is_empty() && !picture.failures.is_empty() {
                    broken.push(match picture.failures.len() {
                        1 => "1 failed action is in the cluster's list".to_owned(),
                        many => format!("{many} failed actions are in the cluster's list"),
                    });
                }
                broken
            }
            _ => Vec::new(),
        }
    }
}

fn words(gate: &Gate) -> &'static str {
    match gate {
        Gate::Quorum => "quorum",
        Gate::AllOnline => "every node online",
        _ => "no failures",
    }
}

fn members(count: usize, least: usize, most: Option<usize>, odd: bool) -> Vec<String> {
    let mut broken = Vec::new();
    if count < least {
        broken.push(format!("there are {count} hosts, and it takes {least} at least"));
    }
    if let Some(most) = most.filter(|most| count > *most) {
        broken.push(format!("there are {count} hosts, and {most} is the most"));
    }
    if odd && count.is_multiple_of(2) {
        broken.push(format!(
            "there are {count} hosts, and their number must be odd: half of an even one is no majority"
        ));
    }
    broken
}
