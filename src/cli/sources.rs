//! Which clusters are asked, and through what.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use jiff::Timestamp;
use tokio::time::{Instant, timeout_at};

use super::failure::Failure;
use super::settings::Settings;
use crate::demo::{self, Demo};
use crate::model::{ClusterEntry, Contact, HostName, Inventory, Observation, Trouble, TroubleKind};
use crate::saved::Saved;
use crate::transport::{Nowhere, Ssh, SshOptions, Transport};
use crate::watch;

/// How many clusters are asked at the same moment.
const AT_ONCE: usize = 32;
/// The longest that asking all of them once may take, whatever the configuration allows for each.
const IN_ALL: Duration = Duration::from_secs(60);
/// The stack under Pacemaker is waited for until this long before that, so that it never costs the picture.
const A_MOMENT: Duration = Duration::from_secs(1);

/// Clusters, and what they are asked through.
pub(super) struct Source {
    pub(super) inventory: Inventory,
    pub(super) transport: Arc<dyn Transport>,
    /// The clusters of the inventory where they are saved pictures; Quorate asks none of their hosts.
    pub(super) saved: Vec<Saved>,
    /// The connections to be closed at the end.
    ssh: Option<Arc<Ssh>>,
}

impl Source {
    /// Has nothing changed where the command line says so, whatever the configuration says.
    pub(super) fn restrict(&mut self, settings: &Settings) {
        for cluster in &mut self.inventory.clusters {
            cluster.access.read_only |= settings.read_only;
        }
    }

    /// Ends the connections, if there are any.
    pub(super) async fn close(&self) {
        if let Some(ssh) = &self.ssh {
            ssh.close().await;
        }
    }
}

/// The simulated deployment, from now on.
pub(super) fn demo(options: &demo::Options) -> Source {
    let demo = Demo::new(options, Arc::new(Timestamp::now));
    Source { inventory: demo.inventory(), transport: Arc::new(demo), saved: Vec::new(), ssh: None }
}

/// The same, without the patience that real networks need: its hosts answer at once or never.
pub(super) fn hurried_demo(options: &demo::Options) -> Source {
    let mut source = demo(options);
    for cluster in &mut source.inventory.clusters {
        cluster.access.connect_timeout = Duration::from_millis(500);
        cluster.access.command_timeout = Duration::from_millis(500);
    }
    source
}

/// The clusters of the configuration.
pub(super) fn configured(settings: &Settings) -> Result<Source, Failure> {
    let inventory = settings.config.inventory.clone();
    if inventory.clusters.is_empty() {
        return Err(Failure::Wrong(nothing_configured(settings)));
    }
    over_ssh(settings, inventory)
}

/// Those clusters over ssh.
pub(super) fn over_ssh(settings: &Settings, inventory: Inventory) -> Result<Source, Failure> {
    let options = SshOptions { config_file: settings.config.ssh_config.clone(), ..SshOptions::default() };
    let ssh = Ssh::new(options.with_logins(&inventory)).map_err(|error| {
        Failure::Failed(format!("no folder for the control sockets of ssh could be made: {error}"))
    })?;
    let ssh = Arc::new(ssh);
    Ok(Source { inventory, transport: ssh.clone(), saved: Vec::new(), ssh: Some(ssh) })
}

/// Those saved clusters, which nothing reaches.
pub(super) fn saved(saved: Vec<Saved>) -> Source {
    let clusters = saved.iter().map(|saved| saved.entry.clone()).collect();
    let transport = Arc::new(Nowhere("this is a saved picture: no host is asked"));
    Source { inventory: Inventory { clusters }, transport, saved, ssh: None }
}

/// What a cluster answered, and when.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) entry: ClusterEntry,
    pub(super) observation: Observation,
    /// Others may have kept us waiting since.
    pub(super) at: Timestamp,
}

/// Asks every cluster once. One that has not answered when the time is up is lost; the order stays.
pub(super) async fn ask_all(source: &Source) -> Vec<Asked> {
    let deadline = Instant::now() + IN_ALL;
    let clock: watch::Clock = Arc::new(Timestamp::now);
    let ask = |entry: &ClusterEntry| {
        let (entry, clock) = (entry.clone(), Arc::clone(&clock));
        async move {
            let asking = watch::ask_once_with_stack(&entry, &source.transport, &clock, deadline - A_MOMENT);
            let answer = timeout_at(deadline, asking).await;
            let observation = answer.unwrap_or_else(|_elapsed| out_of_time(&entry));
            Asked { entry, observation, at: Timestamp::now() }
        }
    };
    let answers: Vec<_> = source.inventory.clusters.iter().map(ask).collect();
    let answers = futures::stream::iter(answers).buffered(AT_ONCE).collect().await;
    source.close().await;
    answers
}

fn out_of_time(entry: &ClusterEntry) -> Observation {
    let now = Timestamp::now();
    let trouble = |host: &HostName| Trouble {
        host: host.clone(),
        kind: TroubleKind::Timeout,
        message: format!("{host} has not answered within {} s", IN_ALL.as_secs()),
    };
    let troubles = entry.hosts.iter().map(trouble).collect();
    Observation { contact: Contact::Lost { since: now, troubles, retry_at: now }, ..Observation::none() }
}

fn nothing_configured(settings: &Settings) -> String {
    let file = settings.file.display();
    let found = if settings.is_configured {
        format!("{file} names no cluster.")
    } else {
        format!("There is no configuration yet ({file}).")
    };
    format!(
        "{found}\n  quorate demo        shows the console on a simulated deployment\n  quorate HOST…       \
         watches the clusters of those hosts right away\n  quorate init HOST…  writes a configuration of \
         them"
    )
}
