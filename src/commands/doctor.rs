//! `cabina odoo doctor`: what was found, for people and for machines.

use std::fmt::Write;

use crate::flows::odoo::doctor::{Finding, State, examine};
use crate::kernel::time::Clock;
use crate::kernel::{Error, Result};
use crate::platform::config::{Config, OdooConfig};
use crate::platform::db::connect;

/// Longest line.
const WIDTH: usize = 100;

/// Prints what was found; fails when something is wrong.
pub async fn run(config: &Config, odoo: &OdooConfig, json: bool) -> Result<()> {
    // Odoo can be looked at without a database.
    let database = connect(&config.database, None).await;
    let findings = examine(odoo, &Clock::System, database.as_ref().ok()).await?;
    if json {
        println!("{}", serde_json::to_string_pretty(&findings)?);
    } else {
        print!("{}", table(&findings));
    }
    database?;
    match of(&findings, State::Wrong) {
        0 => Ok(()),
        1 => Err(Error::Usage("1 finding is wrong".to_owned())),
        wrong => Err(Error::Usage(format!("{wrong} findings are wrong"))),
    }
}

fn of(findings: &[Finding], state: State) -> usize {
    findings.iter().filter(|finding| finding.state == state).count()
}

/// A line for each finding, its advice below.
fn table(findings: &[Finding]) -> String {
    let name = findings.iter().map(|finding| finding.check.len()).max().unwrap_or_default();
    let indent = " ".repeat("WRONG  ".len() + name + 2);
    let (mut table, mut before) = (String::new(), "");
    for finding in findings {
        let mark = match finding.state {
            State::Ok => "ok",
            State::Warning => "warn",
            State::Wrong => "WRONG",
            State::Unseen => "-",
        };
        let check = if finding.check == before { "" } else { finding.check };
        before = finding.check;
        // Writing to a text does not fail.
        let _ = write!(table, "{mark:<5}  {check:<name$}  ");
        wrapped(&mut table, &finding.says, &indent);
        if let Some(advice) = &finding.advice {
            let _ = write!(table, "{indent}→ ");
            wrapped(&mut table, advice, &format!("{indent}  "));
        }
    }
    let (wrong, warnings) = (of(findings, State::Wrong), of(findings, State::Warning));
    let _ = match (wrong, warnings) {
        (0, 0) => writeln!(table, "\nAll is well."),
        _ => writeln!(table, "\n{wrong} wrong, {warnings} to heed."),
    };
    table
}

/// Words up to the width, further lines under the first.
fn wrapped(table: &mut String, text: &str, indent: &str) {
    let mut width = indent.chars().count();
    for (place, word) in text.split_whitespace().enumerate() {
        let length = word.chars().count();
        if place > 0 && width + 1 + length > WIDTH {
            table.push('\n');
            table.push_str(indent);
            width = indent.chars().count();
        } else if place > 0 {
            table.push(' ');
            width += 1;
        }
        table.push_str(word);
        width += length;
    }
    table.push('\n');
}
