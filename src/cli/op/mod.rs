//! `quorate op`: one operation, without the screen.

mod json;
mod text;

use std::io::{self, IsTerminal, Write, stderr, stdin, stdout};
use std::process::ExitCode;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::arguments::{Global, OpArguments, OpFormat};
use super::asking::{Interrupts, answer, is_yes};
use super::failure::{Failure, Outcome};
use super::settings::{Missing, Settings};
use super::sources::{self, Source};
use crate::model::text::clean;
use crate::model::{ClusterEntry, NodeName};
use crate::nearest::nearest;
use crate::operate::audit::{self, Audit};
use crate::operate::{Operator, Order};
use crate::operation::{
    self, Danger, Intent, NoPreview, Preview, Progress, Refusal, Site, SubjectKind, Unfinished, words,
};

/// Previews, asks, carries out and tells how it went.
pub(super) async fn run(global: &Global, arguments: &OpArguments) -> Outcome {
    let settings = Settings::read(global, Missing::IsWrong)?;
    let mut source = sources::configured(&settings)?;
    let entry = cluster(&source, &arguments.cluster)?;
    let consent = consent(&settings, &entry, arguments)?;
    let intent = intent(&entry, arguments)?;
    // No other cluster is asked.
    source.inventory.clusters.retain(|it| it.name == entry.name);
    let outcome = operate(&settings, &source, entry, intent, arguments, consent).await;
    source.close().await;
    outcome
}

/// Whether it may be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Consent {
    /// It is only to be shown.
    DryRun,
    /// It was given on the command line.
    Given,
    /// It is asked for on the terminal.
    Asked,
}

fn consent(settings: &Settings, entry: &ClusterEntry, arguments: &OpArguments) -> Result<Consent, Failure> {
    if arguments.dry_run {
        return Ok(Consent::DryRun);
    }
    if settings.read_only {
        return Err(Failure::Wrong("this is read-only: nothing but --dry-run is done".to_owned()));
    }
    if entry.access.read_only && !arguments.writable {
        let shared = settings.config.shared.iter().find(|shared| shared.cluster == entry.name);
        let why = shared.map_or_else(
            || format!("{} is read-only by the configuration", clean(entry.name.as_str())),
            ToString::to_string,
        );
        return Err(Failure::Wrong(format!(
            "{why}: nothing but --dry-run is done without --writable and a --reason"
        )));
    }
    if arguments.writable && arguments.reason.trim().is_empty() {
        return Err(Failure::Wrong("--writable needs a --reason, which goes to the audit log".to_owned()));
    }
    if arguments.yes {
        return Ok(Consent::Given);
    }
    if stdin().is_terminal() && stderr().is_terminal() {
        return Ok(Consent::Asked);
    }
    Err(Failure::Wrong(
        "there is no terminal to ask on; add --yes to do it, or --dry-run to see it".to_owned(),
    ))
}

fn cluster(source: &Source, name: &str) -> Result<ClusterEntry, Failure> {
    let clusters = &source.inventory.clusters;
    clusters.iter().find(|cluster| cluster.name == *name).cloned().ok_or_else(|| {
        let known = clusters.iter().map(|cluster| cluster.name.as_str());
        let guess = nearest(name, known).map(|near| format!("; did you mean {near}?")).unwrap_or_default();
        Failure::Wrong(format!("no cluster of the configuration is called {:?}{guess}", clean(name)))
    })
}

fn intent(entry: &ClusterEntry, arguments: &OpArguments) -> Result<Intent, Failure> {
    let (verb, kind) = (arguments.verb, arguments.verb.subject());
    let cluster = entry.name.as_str();
    let subject = match (kind, arguments.subject.as_deref()) {
        (SubjectKind::Cluster, None) => cluster,
        (SubjectKind::Cluster, Some(subject)) if subject == cluster => cluster,
        (SubjectKind::Cluster, Some(_)) => {
            return Err(Failure::Wrong(format!("{verb} is about the whole cluster: name nothing but it")));
        }
        (_, Some(subject)) => subject,
        (_, None) => return Err(Failure::Wrong(format!("{verb} needs the name of a {kind} of {cluster}"))),
    };
    let to = arguments.to.as_deref().map(NodeName::from);
    Ok(Intent { cluster: entry.name.clone(), verb, subject: subject.to_owned(), to })
}

async fn operate(
    settings: &Settings,
    source: &Source,
    entry: ClusterEntry,
    intent: Intent,
    arguments: &OpArguments,
    consent: Consent,
) -> Outcome {
    let audit = open_audit(settings)?;
    warn_of_unfinished(&audit, &entry)?;
    let transport = Arc::clone(&source.transport);
    let mut operator = Operator::new(entry, transport, Arc::new(Timestamp::now), audit);
    let preview = match operator.preview(&intent).await {
        Ok(preview) => preview,
        Err(why) => return no_preview(&intent, &why, arguments.format),
    };
    // What a script reads stands on stdout, alone.
    match arguments.format {
        OpFormat::Text => write!(stdout(), "{}", text::preview(&preview))?,
        OpFormat::Json if consent == Consent::Asked => write!(stderr(), "{}", text::preview(&preview))?,
        OpFormat::Json => {}
    }
    if let (Consent::Given, false, Some(other)) = (consent, arguments.alongside, preview.others.first()) {
        let other = words::other(other);
        let way = "Wait until it has ended, or add --alongside to begin all the same.";
        return Err(Failure::Failed(format!("{other}. Nothing was changed. {way}")));
    }
    match consent {
        Consent::DryRun => {
            if arguments.format == OpFormat::Json {
                json::print(&preview, None)?;
            }
            return Ok(ExitCode::SUCCESS);
        }
        Consent::Asked if !is_confirmed(&preview).await? => {
            return Err(Failure::Failed("not confirmed: nothing was changed".to_owned()));
        }
        Consent::Asked | Consent::Given => {}
    }
    let outcome = carry_out(&mut operator, &preview, &arguments.reason).await?;
    match arguments.format {
        OpFormat::Text => write!(stdout(), "{}", text::outcome(&preview, &outcome))?,
        OpFormat::Json => json::print(&preview, Some(&outcome))?,
    }
    Ok(match outcome {
        operation::Outcome::Done { .. } => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    })
}

fn open_audit(settings: &Settings) -> Result<Arc<Audit>, Failure> {
    let open = || -> io::Result<Audit> { Audit::open(&settings.folders.make_state()?.join(audit::FILE)) };
    open().map(Arc::new).map_err(|error| {
        let folder = settings.folders.state.display();
        Failure::Failed(format!("the audit log in {folder} can't be opened, so nothing is done: {error}"))
    })
}

/// Says what an earlier console has begun here and not brought to an end.
fn warn_of_unfinished(audit: &Audit, entry: &ClusterEntry) -> Result<(), Failure> {
    let record =
        audit.read().map_err(|error| Failure::Failed(format!("the audit log can't be read: {error}")))?;
    let is_left = |it: &Unfinished| !it.is_in_hand(audit.at_work()) && !it.may_be_others();
    for unfinished in record.unfinished_in(&Site::of(entry)).into_iter().filter(is_left) {
        let Unfinished { plan, at, user, .. } = &unfinished;
        let title = clean(&plan.title);
        writeln!(
            stderr(),
            "quorate: unfinished: {title}, begun at {at:.0} by {user}. {}",
            clean(&plan.half_way)
        )?;
    }
    Ok(())
}

/// Tells why nothing is done. That it is so already is what was wanted.
fn no_preview(intent: &Intent, why: &NoPreview, format: OpFormat) -> Outcome {
    let message = clean(&why.to_string());
    match why {
        NoPreview::Refused(Refusal::Already(_)) => {
            match format {
                OpFormat::Text => writeln!(stdout(), "Nothing to do: {message}.")?,
                OpFormat::Json => json::print_needless(intent, &message)?,
            }
            Ok(ExitCode::SUCCESS)
        }
        NoPreview::Refused(Refusal::NotNow(_)) | NoPreview::NoPicture(_) => Err(Failure::Failed(message)),
        NoPreview::Refused(_) => Err(Failure::Wrong(message)),
    }
}

/// Asks on the terminal. No is the default.
async fn is_confirmed(preview: &Preview) -> Result<bool, Failure> {
    let subject = preview.plan.intent.subject.clone();
    let danger = preview.danger();
    match danger {
        Danger::Ordinary => write!(stderr(), "Do it? [y/N] ")?,
        Danger::TypeTheName => write!(stderr(), "Type {} to do it: ", clean(&subject))?,
    }
    stderr().flush()?;
    let answer = answer().await?;
    Ok(match danger {
        Danger::Ordinary => is_yes(&answer),
        Danger::TypeTheName => !answer.is_empty() && answer == subject,
    })
}

/// Carries it out and tells on stderr how it goes. An interrupt ends it between two commands.
async fn carry_out(
    operator: &mut Operator,
    preview: &Preview,
    reason: &str,
) -> Result<operation::Outcome, Failure> {
    let (progress, mut news) = mpsc::channel(64);
    let cancel = CancellationToken::new();
    // They were shown before it was confirmed.
    let alongside = preview.others.iter().map(|other| other.id.clone()).collect();
    let (plan, reason) = (preview.plan.clone(), reason.to_owned());
    let order = Order { plan, reason, alongside, cancel: cancel.clone(), progress };
    let carrying = operator.carry_out(order);
    tokio::pin!(carrying);
    let mut asked_to_end = Interrupts::new()?;
    loop {
        tokio::select! {
            biased;
            Some(progress) = news.recv() => tell(&progress),
            outcome = &mut carrying => return Ok(outcome),
            () = asked_to_end.next() => cancel.cancel(),
        }
    }
}

fn tell(progress: &Progress) {
    if let Some(line) = text::progress(progress) {
        // Where stderr is gone, the exit code must do; the operation goes on.
        let _gone = writeln!(stderr(), "{line}");
    }
}
