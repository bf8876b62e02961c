//! Somebody at the keys, and a runtime that answers as it is told.

use quorate::app::{Action, Effect, Errand, Event, News, Request, Selection, State, Ticket, Typing, update};
use quorate::operation::{
    Consequences, NoPreview, Outcome, Plan, Preview, Progress, Projection, Ran, Sent, Together, plan,
};
use quorate::pacemaker::parse;
use tui_input::InputRequest;

use crate::common::{console, deployment, look, screen};
use crate::press::pressed;

/// A console, and what it has asked for and not been answered.
pub(crate) struct Person {
    pub(crate) state: State,
    pub(crate) asked: Vec<Request>,
    pub(crate) quits: bool,
    pub(crate) copied: Option<String>,
}

impl Person {
    /// At the console of the deployment, with that cluster open.
    pub(crate) fn in_cluster(cluster: &str, size: (u16, u16)) -> Self {
        let mut person = Self::at(console(deployment(), size));
        person.state.grid.selection = Selection::Chosen(cluster.into());
        person.act(&[Action::Open]);
        person
    }

    pub(crate) fn at(state: State) -> Self {
        Self { state, asked: Vec::new(), quits: false, copied: None }
    }

    pub(crate) fn hear(&mut self, event: Event) -> &mut Self {
        for effect in update(&mut self.state, event) {
            match effect {
                Effect::Operate(request) => self.asked.push(request),
                Effect::Quit => self.quits = true,
                Effect::Copy(text) => self.copied = Some(text),
                _ => {}
            }
        }
        self
    }

    pub(crate) fn act(&mut self, actions: &[Action]) -> &mut Self {
        for action in actions {
            self.hear(Event::Act(*action));
        }
        self
    }

    /// Presses the mouse where those words stand on the screen. Panics if a press there does nothing.
    pub(crate) fn clicks(&mut self, words: &str) -> &mut Self {
        let Some(target) = pressed(&self.state, words) else {
            panic!("a press on {words} does nothing:\n{}", self.screen())
        };
        self.hear(Event::Pressed(target))
    }

    /// Checks that a press of the mouse does nothing where those words stand on the screen.
    pub(crate) fn cannot_click(&mut self, words: &str) -> &mut Self {
        assert_eq!(pressed(&self.state, words), None, "a press on {words}:\n{}", self.screen());
        self
    }

    pub(crate) fn types(&mut self, text: &str) -> &mut Self {
        for letter in text.chars() {
            self.hear(Event::Typed(Typing::Edit(InputRequest::InsertChar(letter))));
        }
        self
    }

    /// Selects the row that holds that resource or node.
    pub(crate) fn selects(&mut self, name: &str) -> &mut Self {
        self.act(&[Action::First]);
        for _ in 0..60 {
            let focus = self.state.focus().map(|(_, subject)| format!("{subject:?}"));
            if focus.is_some_and(|focus| focus.contains(&format!("{name:?}"))) {
                return self;
            }
            self.act(&[Action::Down]);
        }
        panic!("there is no {name} here:\n{}", self.screen());
    }

    /// The plans that are asked for, made of the pictures that are there.
    pub(crate) fn planned(&mut self, projection: &Projection) -> &mut Self {
        for request in std::mem::take(&mut self.asked) {
            let news = match request {
                Request::Plan(ticket, errand) => {
                    News::Planned(ticket, Box::new(self.preview(&errand, projection)))
                }
                Request::PlanTogether(job, errands) => {
                    let preview =
                        |(nth, errand): &(usize, Errand)| (*nth, self.preview(errand, &Projection::NotAsked));
                    let previews: Vec<_> = errands.iter().map(preview).collect();
                    let together = self.together(&previews, projection);
                    News::PlannedTogether(job, previews, together.map(Box::new))
                }
                other => panic!("no plan: {other:?}"),
            };
            self.hear(Event::Operated(news));
        }
        self
    }

    fn preview(&self, errand: &Errand, projection: &Projection) -> Result<Preview, NoPreview> {
        let cluster = self.state.cluster(errand.cluster()).expect("it is there");
        let picture = cluster.observation.current().expect("it is seen");
        let plan = match errand {
            Errand::Wish(intent) => plan(picture, intent)?,
            Errand::Undo(plan) => Plan::clone(plan),
            Errand::Finish(unfinished) => unfinished.plan.clone(),
        };
        let consequences = Consequences::of(picture, &[&plan], projection);
        let others = Vec::new();
        Ok(Preview { plan, projection: projection.clone(), consequences, host: "lb1".into(), others })
    }

    fn together(
        &self,
        previews: &[(usize, Result<Preview, NoPreview>)],
        projection: &Projection,
    ) -> Option<Together> {
        let plans = previews.iter().filter_map(|(_, it)| it.as_ref().ok()).map(|it| &it.plan);
        let plans: Vec<&Plan> = plans.collect();
        let name = plans.first()?.intent.cluster.clone();
        let picture = self.state.cluster(&name)?.observation.current()?;
        let consequences = Consequences::of(picture, &plans, projection);
        Some(Together { cluster: name, count: plans.len(), projection: projection.clone(), consequences })
    }

    /// The ticket of what is to be carried out.
    pub(crate) fn carried_out(&mut self) -> Ticket {
        match std::mem::take(&mut self.asked).as_slice() {
            [Request::CarryOut { ticket, .. } | Request::Resume { ticket, .. }] => *ticket,
            other => panic!("not carried out, but {other:?}"),
        }
    }

    pub(crate) fn told(&mut self, ticket: Ticket, progress: Progress) -> &mut Self {
        self.hear(Event::Operated(News::Progressed(ticket, progress)))
    }

    /// That the first command of a move was run, and what is awaited.
    pub(crate) fn under_way(&mut self, ticket: Ticket) -> &mut Self {
        let job = self.state.operations.job(ticket.job).expect("it is there");
        let plan = job.tasks[ticket.nth].plan().expect("it is planned");
        let argv = plan.steps().next().expect("a command").command.argv.clone();
        self.told(ticket, Progress::Running { host: "lb1".into(), argv });
        self.told(ticket, Progress::Ran(Ran::Exited { code: Some(0), said: String::new() }));
        self.told(ticket, Progress::Waiting("solo runs on c1n2".to_owned()))
    }

    pub(crate) fn ended(&mut self, ticket: Ticket, outcome: Outcome) -> &mut Self {
        self.told(ticket, Progress::Ended(outcome))
    }

    pub(crate) fn screen(&self) -> String {
        screen(&self.state, &look()).to_string()
    }
}

/// What the scheduler would do to a resource, and to something else.
pub(crate) fn collateral() -> Projection {
    let actions = |xml: &str| {
        parse::crm_simulate(
            format!("<pacemaker-result><actions>{xml}</actions></pacemaker-result>").as_bytes(),
        )
        .expect("readable")
    };
    Projection::Known {
        own: actions(r#"<rsc_action action="move" resource="solo" source="c1n2" dest="c1n1"/>"#),
        collateral: actions(
            r#"<rsc_action action="move" resource="web-ip" source="c1n1" dest="c1n2"/>
               <rsc_action action="restart" resource="web-srv" node="c1n2" reason="required web-ip start"/>"#,
        ),
        afterwards: Some(actions(r#"<rsc_action action="move" resource="solo" source="c1n1" dest="c1n2"/>"#)),
    }
}

/// A command of a console that ended before the command did.
pub(crate) fn cut_off() -> Sent {
    Sent { argv: vec!["crm_resource".to_owned()], ran: Ran::Unknown("the console ended".to_owned()) }
}
