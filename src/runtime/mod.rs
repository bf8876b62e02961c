//! The one loop: keys, signals, news of clusters and time go in; the screen and what is asked for come out.

mod audit;
mod input;
mod judge;
mod launch;
mod logging;
mod operations;
mod panes;
mod scenarios;
mod settled;

use std::io;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use color_eyre::Result;
use color_eyre::eyre::Context as _;
use crossterm::event::{Event as TerminalEvent, EventStream};
use futures::{Stream, StreamExt};
use jiff::Timestamp;
use ratatui::Terminal;
use ratatui::backend::Backend;
use ratatui::layout::Size;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until, timeout};
use tui_logger::TuiWidgetEvent;

pub use input::Input;
pub use launch::{Launch, ThemeChoice};
pub use logging::start_logging;
pub use scenarios::Setup as ScenarioSetup;

use self::audit::AuditReader;
use self::judge::Report;
use self::operations::Operations;
use self::panes::Panes;
use self::scenarios::Scenarios;
use crate::app::{Effect, Event, Notice, Request, Scroll, State, update, wizard};
use crate::health::Health;
use crate::model::Inventory;
use crate::terminal::{self, Tty};
use crate::theme::{self, Depth, Theme};
use crate::ui::{self, Look};
use crate::watch::Watch;

/// Where the console reads the time.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The least time between two pictures that were not asked for by a key.
const FRAME: Duration = Duration::from_millis(33);
/// The longest wait for the terminal to take the first picture, before it is asked for its background.
const FIRST_PICTURE_WAIT: Duration = Duration::from_secs(1);
/// How many reports are taken in before the screen and the keys get their turn.
const REPORTS_AT_ONCE: usize = 64;

/// The console's terminal, apart from what is drawn on it. Writing never waits for the terminal.
pub trait Screen {
    /// Hands it to the shell until the shell continues the console.
    fn suspend(&self) -> io::Result<()>;
    /// Puts a text into the user's clipboard.
    fn copy(&self, text: &str) -> io::Result<()>;
    /// Resolves when everything that was drawn is on screen, or with the failure that prevents it.
    fn free(&self) -> impl Future<Output = io::Result<()>>;
    /// Whether the terminal takes no output.
    fn is_stalled(&self) -> bool;
}

impl Screen for Tty {
    fn suspend(&self) -> io::Result<()> {
        self.suspend()
    }

    fn copy(&self, text: &str) -> io::Result<()> {
        self.copy(text)
    }

    async fn free(&self) -> io::Result<()> {
        self.free().await
    }

    fn is_stalled(&self) -> bool {
        self.is_stalled()
    }
}

/// How often the console checks whether its terminal is still there. Where it closes, a SIGHUP comes at once, but only
/// if it is the terminal of the console's session.
const TERMINAL_CHECK: Duration = Duration::from_secs(1);

/// Runs the console on this process's terminal until the user leaves, a signal ends it, or the terminal goes away.
pub async fn run(launch: Launch) -> Result<()> {
    let mut guard = terminal::Guard::enter().wrap_err("the terminal can't be used")?;
    match run_in(launch, &mut guard).await {
        // It may fail before anything else says that it is gone.
        Err(error) if terminal::is_gone() => {
            tracing::info!("ended: the terminal is gone: {error:#}");
            Ok(())
        }
        outcome => outcome,
    }
}

async fn run_in(mut launch: Launch, guard: &mut terminal::Guard) -> Result<()> {
    let mut ended = pin!(ended()?);
    // Opens the terminal's input, or says why it can't. `EventStream::new` panics where that fails.
    crossterm::event::poll(Duration::ZERO).wrap_err("the terminal can't be read")?;
    let input = EventStream::new();
    if launch.theme == ThemeChoice::ByBackground {
        // A terminal may take its time to answer: the first picture, on its own background, does not wait.
        let size = guard.terminal.size()?;
        let (state, _) = launch.first_state((size.width, size.height));
        guard.terminal.draw(|frame| ui::draw(frame, &state, &launch.look))?;
        tokio::select! {
            () = &mut ended => return Ok(()),
            shown = timeout(FIRST_PICTURE_WAIT, guard.tty.free()) => match shown {
                Ok(outcome) => {
                    outcome.wrap_err("the terminal can't be written")?;
                    launch.look.theme = Theme::default_for(terminal::background()).fit(launch.depth);
                }
                Err(_elapsed) => tracing::warn!("the terminal takes no output and isn't asked for its background"),
            },
        }
    }
    let tty = guard.tty.clone();
    run_on(launch, &mut guard.terminal, input, ended, &tty).await
}

/// Resolves when the process is asked to end, or its terminal is gone.
fn ended() -> Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => tracing::info!("ended by SIGTERM"),
            _ = hang_up.recv() => tracing::info!("ended by SIGHUP"),
            _ = interrupt.recv() => tracing::info!("ended by SIGINT"),
            () = terminal_gone() => tracing::info!("ended: the terminal is gone"),
        }
    })
}

async fn terminal_gone() {
    let mut checks = interval(TERMINAL_CHECK);
    while !terminal::is_gone() {
        checks.tick().await;
    }
}

/// Runs the console on any terminal, with any input. `ended` resolves when it is to stop.
pub async fn run_on<B, I>(
    launch: Launch,
    terminal: &mut Terminal<B>,
    mut input: I,
    ended: impl Future<Output = ()>,
    screen: &impl Screen,
) -> Result<()>
where
    B: Backend<Error: Send + Sync + 'static>,
    I: Stream<Item = io::Result<TerminalEvent>> + Unpin,
{
    let room = launch.inventory.clusters.len().clamp(16, 1024);
    let (updates, seen) = mpsc::channel(room);
    let (reports, mut news) = mpsc::channel(room);
    let is_saved = !launch.saved.is_empty();
    let watched = if is_saved { Inventory::default() } else { launch.inventory.clone() };
    let watch = Watch::start(&watched, &launch.transport, &launch.watch, &launch.clock, &updates);
    let _judge = judge::start(&launch.inventory, &launch.notes, &launch.clock, seen, reports);
    let size = terminal.size()?;
    let (operations, mut done) =
        Operations::new(&launch.inventory, &launch.transport, &launch.clock, launch.audit.clone());
    let log = launch.audit.as_ref().map(|audit| audit.path().to_owned()).map_err(Clone::clone);
    let mut panes = Panes::new(&launch.inventory, &launch.transport, &launch.watch, AuditReader::new(log));
    let (scenarios, mut told) =
        Scenarios::new(launch.scenarios.clone(), &launch.inventory, &launch.transport, &launch.clock);
    let mut console = Console::new(launch, (size.width, size.height), watch, operations, scenarios);
    if !is_saved {
        console.carry_out(Effect::Operate(Request::LookForUnfinished));
        console.carry_out(Effect::Scenario(wizard::Request::Look));
    }
    let mut tick = interval(Duration::from_secs(1));
    tick.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut next_frame = Instant::now();
    let mut is_waiting = false;
    // Whether the picture before may not be on screen yet. No other is drawn until it is: one picture waits at most.
    let mut is_drawing = false;
    tokio::pin!(ended);
    let outcome = 'running: loop {
        panes.reconcile(&console.state);
        is_waiting |= console.state.take_dirty();
        if is_waiting && !is_drawing && Instant::now() >= next_frame {
            if let Err(error) = console.draw_on(terminal) {
                break Err(error);
            }
            next_frame = Instant::now() + FRAME;
            (is_waiting, is_drawing) = (false, true);
        }
        let effects = tokio::select! {
            biased;
            () = &mut ended => break Ok(()),
            shown = screen.free(), if is_drawing => {
                if let Err(error) = shown {
                    break Err(error).wrap_err("the terminal can't be written");
                }
                is_drawing = false;
                console.sees_stall(false)
            }
            // A key that is pressed before the picture is on screen acts on that picture. A terminal that takes none for
            // a while gets only what needs no look at it: see `State::is_unseen`.
            event = input.next(), if !is_drawing || screen.is_stalled() => {
                // What a key does is seen at once.
                next_frame = Instant::now();
                console.sees_stall(is_drawing && screen.is_stalled());
                match event {
                    Some(Ok(event)) => console.on_terminal(&event),
                    Some(Err(error)) => break Err(error).wrap_err("the terminal can't be read"),
                    None => break Ok(()),
                }
            }
            () = sleep_until(next_frame), if is_waiting && !is_drawing => Vec::new(),
            Some(report) = news.recv() => {
                console.on_report(report);
                for _ in 1..REPORTS_AT_ONCE {
                    match news.try_recv() {
                        Ok(report) => console.on_report(report),
                        Err(_none_left) => break,
                    }
                }
                Vec::new()
            }
            Some(event) = done.recv() => update(&mut console.state, event),
            Some(event) = told.recv() => console.on_news(event, &mut told),
            event = panes.next() => update(&mut console.state, event),
            _ = tick.tick() => {
                panes.tick();
                console.sees_stall(is_drawing && screen.is_stalled());
                console.on_tick()
            }
        };
        for effect in effects {
            match effect {
                Effect::Quit => break 'running Ok(()),
                Effect::Suspend | Effect::Copy(_) => {
                    is_drawing = true;
                    if let Err(error) = console.send(effect, screen) {
                        break 'running Err(error);
                    }
                }
                effect => console.carry_out(effect),
            }
        }
    };
    // Also where the terminal has failed: hosts are not left locked.
    drop(told);
    console.scenarios.give_back().await;
    console.watch.stop().await;
    outcome
}

/// The state, and what it is drawn and fed with.
struct Console {
    state: State,
    look: Look,
    watch: Watch,
    operations: Operations,
    scenarios: Scenarios,
    clock: Clock,
    depth: Depth,
    theme_dir: Option<PathBuf>,
    input: Input,
    /// Whether the next picture is drawn on an empty screen.
    is_stale: bool,
}

impl Console {
    fn new(
        launch: Launch,
        size: (u16, u16),
        watch: Watch,
        operations: Operations,
        scenarios: Scenarios,
    ) -> Self {
        let (mut state, effects) = launch.first_state(size);
        for notice in launch.notices {
            update(&mut state, Event::Told(Notice::error(notice)));
        }
        let mut console = Self {
            state,
            look: launch.look,
            depth: launch.depth,
            watch,
            operations,
            scenarios,
            clock: launch.clock,
            theme_dir: launch.theme_dir,
            input: Input::default(),
            is_stale: false,
        };
        for effect in effects {
            console.carry_out(effect);
        }
        console
    }

    fn draw_on<B: Backend<Error: Send + Sync + 'static>>(
        &mut self,
        terminal: &mut Terminal<B>,
    ) -> Result<()> {
        self.fit(terminal.size()?);
        if std::mem::take(&mut self.is_stale) {
            terminal.clear()?;
        }
        terminal.draw(|frame| ui::draw(frame, &self.state, &self.look))?;
        Ok(())
    }

    /// Follows the window also where nobody tells that it changed: it may do so before its signals are listened for.
    fn fit(&mut self, Size { width, height }: Size) {
        if self.state.size != (width, height) {
            update(&mut self.state, Event::Resized { columns: width, rows: height });
            // It is about to be drawn.
            self.state.take_dirty();
        }
    }

    /// Whether the terminal takes no output, as it seems now.
    fn sees_stall(&mut self, is_stalled: bool) -> Vec<Effect> {
        if is_stalled == self.state.is_stalled {
            return Vec::new();
        }
        tracing::warn!("the terminal takes {}", if is_stalled { "no output" } else { "output again" });
        update(&mut self.state, Event::Stalled(is_stalled))
    }

    fn on_tick(&mut self) -> Vec<Effect> {
        let now = (self.clock)();
        update(&mut self.state, Event::Tick(now))
    }

    fn on_report(&mut self, report: Report) {
        for effect in update(&mut self.state, Event::Observed(report.cluster, report.assessment)) {
            self.carry_out(effect);
        }
    }

    /// Takes in news of runs, and more of it that is there already.
    fn on_news(&mut self, first: Event, more: &mut mpsc::Receiver<Event>) -> Vec<Effect> {
        let mut effects = update(&mut self.state, first);
        for _ in 1..REPORTS_AT_ONCE {
            match more.try_recv() {
                Ok(event) => effects.extend(update(&mut self.state, event)),
                Err(_none_left) => break,
            }
        }
        effects
    }

    /// Does what sends something to the terminal besides a picture.
    fn send(&mut self, effect: Effect, screen: &impl Screen) -> Result<()> {
        match effect {
            Effect::Suspend => {
                self.is_stale = true;
                screen.suspend().wrap_err("the console could not be put in the background")?;
            }
            Effect::Copy(text) => self.copied(screen.copy(&text)),
            _ => {}
        }
        Ok(())
    }

    fn on_terminal(&mut self, event: &TerminalEvent) -> Vec<Effect> {
        let event = self.input.read(event, &self.state, &self.look, (self.clock)());
        event.map_or_else(Vec::new, |event| update(&mut self.state, event))
    }

    fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::Poll(cluster) => self.watch.poll_now(&cluster),
            Effect::PollAll => self.watch.poll_all(),
            Effect::UseTheme(name) => self.use_theme(&name),
            Effect::NextTheme => {
                let themes = &self.state.themes;
                let at = themes.iter().position(|name| *name == self.look.theme.name);
                let next = at.map_or(0, |at| (at + 1) % themes.len().max(1));
                if let Some(name) = themes.get(next).cloned() {
                    self.use_theme(&name);
                }
            }
            Effect::Record(Health::Ok, words) => tracing::info!("{words}"),
            Effect::Record(Health::Critical, words) => tracing::error!("{words}"),
            Effect::Record(Health::Warning | Health::Unknown, words) => tracing::warn!("{words}"),
            Effect::ScrollLog(Scroll::Up) => self.look.log.transition(TuiWidgetEvent::PrevPageKey),
            Effect::ScrollLog(Scroll::Down) => self.look.log.transition(TuiWidgetEvent::NextPageKey),
            Effect::Redraw => self.is_stale = true,
            // The loop deals with these.
            Effect::Suspend | Effect::Copy(_) | Effect::Quit => {}
            Effect::Operate(request) => self.operations.take(request),
            Effect::Scenario(request) => self.scenarios.take(request),
        }
    }

    /// A terminal that knows no clipboard says nothing; one that is gone does.
    fn copied(&mut self, result: io::Result<()>) {
        if let Err(error) = result {
            update(&mut self.state, Event::Told(Notice::error(format!("nothing was copied: {error}"))));
        }
    }

    fn use_theme(&mut self, name: &str) {
        let notice = match theme::load(name, self.theme_dir.as_deref()) {
            Ok(theme) => {
                let notice = Notice::info(format!("theme: {}", theme.name));
                self.look.theme = theme.fit(self.depth);
                notice
            }
            Err(error) => {
                tracing::warn!("theme {name}: {error}");
                Notice::error(error.to_string())
            }
        };
        update(&mut self.state, Event::Told(notice));
    }
}
