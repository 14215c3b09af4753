//! What options can be given, as it is typed.

use clap::ValueEnum;
use std::str::FromStr;
use wasmc_codegen::passes::Pass;

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum OptLevel {
    #[value(name = "0")]
    O0,
    #[value(name = "1")]
    O1,
    #[value(name = "2")]
    O2,
    #[value(name = "3")]
    O3,
    #[value(name = "s")]
    Os,
}

/// `no-PASS`.
#[derive(Clone, Copy, Debug)]
pub struct LeftOut(pub Pass);

impl FromStr for LeftOut {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.strip_prefix("no-").and_then(Pass::named).map(Self).ok_or_else(|| {
            let names: Vec<_> = Pass::ALL.iter().map(|(_, name)| format!("no-{name}")).collect();
            format!("there is no such pass: {}", names.join(", "))
        })
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum BoundsChoice {
    Guard,
    Explicit,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum UnknownImports {
    Error,
    Trap,
    Default,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum ConfineChoice {
    Default,
    Strict,
    Off,
}

/// `NAME`, `NAME=y` or `NAME=n`.
#[derive(Clone, Debug)]
pub struct FeatureSwitch {
    pub name: String,
    pub on: bool,
}

impl FromStr for FeatureSwitch {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, on) = match text.split_once('=') {
            None | Some((_, "y" | "yes" | "on")) => (text.split('=').next().unwrap_or(text), true),
            Some((name, "n" | "no" | "off")) => (name, false),
            Some((_, value)) => return Err(format!("`{value}` is neither `y` nor `n`")),
        };
        Ok(Self { name: name.into(), on })
    }
}

/// A duration in milliseconds: `5`, `500ms`, `5m`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Duration(pub u64);

impl FromStr for Duration {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let expected = "expected a duration, such as 30, 500ms, 5m or 2h";
        wasmc_abi::grants::milliseconds(text.as_bytes()).map(Self).ok_or_else(|| expected.into())
    }
}

/// `on` or `off`.
///
/// # Errors
/// Where it is neither.
pub fn on_or_off(text: &str) -> Result<bool, String> {
    match text {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err("expected `on` or `off`".into()),
    }
}

/// A number of bytes: `4096`, `64K`, `16M`, `2GiB`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size(pub u64);

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let end = text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
        let (number, unit) = text.split_at(end);
        let shift = match unit.to_ascii_lowercase().as_str() {
            "" | "b" => 0,
            "k" | "kb" | "kib" => 10,
            "m" | "mb" | "mib" => 20,
            "g" | "gb" | "gib" => 30,
            "t" | "tb" | "tib" => 40,
            _ => return Err("expected a number of bytes, such as 65536, 64K, 16M or 2G".into()),
        };
        let number: u64 = number.parse().map_err(|_| "expected a number of bytes, such as 65536, 64K, 16M or 2G")?;
        let bytes = number.checked_mul(1 << shift).ok_or("too large")?;
        Ok(Self(bytes))
    }
}
