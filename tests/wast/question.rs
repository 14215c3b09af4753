//! What the outcomes of a script's commands must be.

use super::execute::Outcome;
use super::expect;
use super::names::Missing;
use wasmc_abi::script::SLOT;
use wast::WastRet;

/// How the commands ended, by their numbers.
pub struct Outcomes {
    /// Those that ended.
    pub list: Vec<Option<Outcome>>,
    /// What became of the program.
    pub end: String,
}

/// What is known about a directive.
pub enum Verdict<'s> {
    /// It holds.
    Pass,
    /// It does not, and why.
    Fail(String),
    /// It is not tested, and why.
    Skip(String),
    /// The program will tell.
    Pending(Question<'s>),
}

impl From<Missing> for Verdict<'_> {
    fn from(missing: Missing) -> Self {
        match missing {
            Missing::Skipped(reason) => Self::Skip(reason),
            Missing::Failed(reason) => Self::Fail(reason),
        }
    }
}

/// What the outcomes of commands, given by their numbers, must be.
pub enum Question<'s> {
    /// The sizes reported are large enough, and the command succeeds.
    Succeeds(Vec<(usize, u64)>, usize),
    /// The command succeeds with these values.
    Returns(usize, &'s [WastRet<'s>]),
    /// The command traps for this reason.
    Traps(usize, &'s str),
    /// A size reported is too small.
    TooSmall(Vec<(usize, u64)>),
}

impl<'s> Question<'s> {
    /// The verdict that outcomes lead to.
    pub fn answer(&self, outcomes: &Outcomes) -> Verdict<'s> {
        self.check(outcomes).map_or_else(Verdict::Fail, |()| Verdict::Pass)
    }

    fn check(&self, outcomes: &Outcomes) -> Result<(), String> {
        let outcome = |command: usize| outcomes.list[command].as_ref().ok_or_else(|| outcomes.end.clone());
        let is_reached = |&(command, at_least): &(usize, u64)| {
            let bytes = outcome(command)?.values.as_slice().try_into();
            Ok::<bool, String>(u64::from_le_bytes(bytes.expect("conditions report 8 bytes")) >= at_least)
        };
        match *self {
            Self::Succeeds(ref conditions, command) => {
                for condition in conditions {
                    if !is_reached(condition)? {
                        return Err(format!("an import is smaller than {}", condition.1));
                    }
                }
                outcome(command)?.trap.map_or(Ok(()), |trap| Err(format!("trap: {}", trap.message())))
            }
            Self::TooSmall(ref conditions) => {
                let reached = conditions.iter().map(is_reached).collect::<Result<Vec<_>, _>>()?;
                if reached.contains(&false) { Ok(()) } else { Err("a module can be linked".into()) }
            }
            Self::Traps(command, expected) => match outcome(command)?.trap {
                Some(trap) if expect::is_expected(trap, expected) => Ok(()),
                Some(trap) => Err(format!("trap: {}, expected: {expected}", trap.message())),
                None => Err(format!("no trap, expected: {expected}")),
            },
            Self::Returns(command, expected) => {
                let outcome = outcome(command)?;
                if let Some(trap) = outcome.trap {
                    return Err(format!("trap: {}", trap.message()));
                }
                values(&outcome.values, expected)
            }
        }
    }
}

/// Compares results. A global's value is shorter than a slot.
fn values(actual: &[u8], expected: &[WastRet<'_>]) -> Result<(), String> {
    if actual.len().div_ceil(SLOT) != expected.len() {
        return Err(format!("{} results instead of {}", actual.len().div_ceil(SLOT), expected.len()));
    }
    for (bytes, expected) in actual.chunks(SLOT).zip(expected) {
        let mut slot = [0; SLOT];
        slot[..bytes.len()].copy_from_slice(bytes);
        let hexadecimal = u128::from_le_bytes(slot);
        expect::check(expected, &slot).map_err(|expected| format!("result {hexadecimal:#x}, expected {expected}"))?;
    }
    Ok(())
}
