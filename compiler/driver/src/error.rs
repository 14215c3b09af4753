//! The one error type of the driver, and how it is shown.

use std::fmt;
use std::io;
use std::path::Path;

/// Why a compilation failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    message: String,
    file: Option<String>,
    position: Option<Position>,
    help: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Position {
    Offset(u64),
    Line(usize),
}

impl Error {
    /// An error with a message: what is wrong, without a full stop.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), file: None, position: None, help: None }
    }

    /// A file that cannot be read.
    pub fn reading(path: &Path, cause: &io::Error) -> Self {
        Self::new(format!("cannot read {}: {}", path.display(), reason(cause)))
    }

    /// A file that cannot be written.
    pub fn writing(path: &Path, cause: &io::Error) -> Self {
        Self::new(format!("cannot write {}: {}", path.display(), reason(cause)))
    }

    /// What is wrong, without where and what can be done about it.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The same error, in a file.
    #[must_use]
    pub fn in_file(mut self, file: impl Into<String>) -> Self {
        self.file = Some(file.into());
        self
    }

    /// The same error, at a line of its file.
    #[must_use]
    pub fn at_line(mut self, line: Option<usize>) -> Self {
        self.position = line.map(Position::Line);
        self
    }

    /// The same error, at an offset in its file.
    #[must_use]
    pub fn at_offset(mut self, offset: Option<u64>) -> Self {
        self.position = offset.map(Position::Offset);
        self
    }

    /// The same error, with something that can be done about it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// An error of a module, which was read from `file`.
    pub fn of_module(error: wasmc_frontend::Error, file: &str) -> Self {
        Self {
            // What text is parsed with does not know its name.
            message: error.message.replace("<anon>", file),
            file: Some(file.into()),
            position: error.offset.map(Position::Offset),
            help: error.help,
        }
    }

    /// An error of the code generator for a module, which was read from `file`.
    pub fn of_codegen(error: wasmc_codegen::Error, file: &str) -> Self {
        use wasmc_codegen::Error as Codegen;
        match error {
            Codegen::Unsupported(error) | Codegen::Refused(error) => Self::of_module(error, file),
            Codegen::Function { offset, .. } => Self::new(error.to_string()).in_file(file).at_offset(Some(offset)),
            Codegen::Target { .. } => Self::new(error.to_string()),
        }
    }
}

impl From<wasmc_object::Error> for Error {
    fn from(error: wasmc_object::Error) -> Self {
        Self::new(error.to_string())
    }
}

impl From<wasmc_link::Error> for Error {
    fn from(error: wasmc_link::Error) -> Self {
        use wasmc_link::Error as Link;
        let message = error.to_string();
        match error {
            Link::Unresolved(symbols) => {
                let lines = symbols.iter().map(|each| format!("\n  {}, by {}", each.symbol, each.referrer));
                let message = format!("nothing defines these symbols:{}", lines.collect::<String>());
                Self::new(message)
                    .help("name the object or archive that does: after the module, or for `wasmc run` by `--object`")
            }
            Link::NoBti(_) => {
                Self::new(message).help("compile it with `-mbranch-protection=standard`, or leave `--cfi` out")
            }
            Link::Frame { .. } => Self::new(message)
                .help("compile it with -fstack-clash-protection, which touches every page, or give it a smaller frame"),
            Link::NotPositionIndependent { .. } => Self::new(message).help("compile it with -fPIC"),
            Link::Invariant(_) => Self::new(message).help("this is a bug in wasmc or in the target's linker script"),
            _ => Self::new(message),
        }
    }
}

/// The report: the error, its position, and what can be done about it.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", self.message)?;
        if let Some(file) = &self.file {
            write!(f, "\n  --> {file}")?;
            match self.position {
                Some(Position::Offset(offset)) => write!(f, ":{offset:#x}")?,
                Some(Position::Line(line)) => write!(f, ":{line}")?,
                None => {}
            }
        }
        match &self.help {
            Some(help) => write!(f, "\nhelp: {help}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {}

/// The system's message, without the number that Rust adds to it.
pub fn reason(cause: &io::Error) -> String {
    let text = cause.to_string();
    let end = text.find(" (os error").unwrap_or(text.len());
    text[..end].to_lowercase()
}
