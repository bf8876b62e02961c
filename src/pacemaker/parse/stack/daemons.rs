//! The daemons, as systemd sees them.

use crate::model::Daemon;

/// Reads `systemctl show -p Id -p LoadState -p ActiveState -p UnitFileState UNIT…`: lines `KEY=VALUE`, an empty line
/// between two units. systemd answers for every name it is asked for; those with `LoadState=not-found` aren't installed.
pub(super) fn read(lines: &[String]) -> Option<Vec<Daemon>> {
    let mut units: Vec<Unit<'_>> = vec![Unit::default()];
    for line in lines {
        let line = line.trim();
        if line.is_empty() {
            units.push(Unit::default());
            continue;
        }
        let (Some((key, value)), Some(unit)) = (line.split_once('='), units.last_mut()) else { continue };
        match key {
            "Id" => unit.id = value,
            "LoadState" => unit.load = value,
            "ActiveState" => unit.active = value,
            "UnitFileState" => unit.file = value,
            _ => {}
        }
    }
    let is_answer = units.iter().any(|unit| !unit.load.is_empty() && !unit.active.is_empty());
    let installed = units.into_iter().filter(|unit| matches!(unit.load, "loaded" | "masked"));
    let daemons =
        installed.filter(|unit| !unit.id.is_empty() && !unit.active.is_empty()).map(|unit| Daemon {
            name: unit.id.strip_suffix(".service").unwrap_or(unit.id).to_owned(),
            state: unit.active.to_owned(),
            enabled: unit.file.to_owned(),
        });
    is_answer.then(|| daemons.collect())
}

#[derive(Default)]
struct Unit<'a> {
    id: &'a str,
    load: &'a str,
    active: &'a str,
    file: &'a str,
}
