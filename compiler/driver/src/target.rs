//! Targets: their TOML files, and what is resolved from them.

use crate::error::Error;
use crate::runtimes;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::path::Path;
use wasmc_codegen::Bounds;
use wasmc_link::{Architecture, GnuProperties, PageSize};

/// A target file. See `targets/README.md` for the meaning of its keys.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TargetFile {
    /// Name of the target.
    pub name: String,
    /// Other names.
    #[serde(default)]
    pub aliases: Vec<String>,
    triple: String,
    object_format: ObjectFormat,
    /// Name of its runtime.
    pub runtime: String,
    page_size: u64,
    image_base: Option<u64>,
    linker_script: Option<String>,
    external_linker_script: Option<String>,
    stack_size: u64,
    #[serde(default)]
    boot_core: u64,
    ram: Option<RamKeys>,
    memory: MemoryKeys,
    heap: Option<HeapKeys>,
    /// Its CPUs.
    pub cpu: CpuKeys,
}

/// The format of a target's objects and executables.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum ObjectFormat {
    /// ELF: linked in process, by a script.
    Elf,
    /// Mach-O: linked by another program, which knows the layout.
    MachO,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RamKeys {
    base: u64,
    size: u64,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct MemoryKeys {
    base: Option<u64>,
    capacity: Option<u64>,
    bounds: BoundsKey,
}

/// Where memory and image lie in programs that make objects, which have the lowest 4 GiB.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct HeapKeys {
    memory_base: u64,
    image_base: u64,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum BoundsKey {
    Guard,
    Explicit,
}

/// The CPUs of a target.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CpuKeys {
    /// Name of the default one.
    pub baseline: String,
    /// For each name, Cranelift's settings.
    pub models: BTreeMap<String, Vec<String>>,
}

/// Bytes of a page without a system: the granularity at which the runtime protects memory.
const BARE_PAGE: u64 = 4096;

/// A target, resolved.
#[derive(Clone, Debug)]
pub struct Target {
    /// Its name.
    pub name: String,
    /// What the code generator needs to know.
    pub codegen: wasmc_codegen::Target,
    /// Format of its objects.
    pub object_format: ObjectFormat,
    /// Instruction set of its objects.
    pub architecture: Architecture,
    /// The largest page of its kernels.
    pub page_size: PageSize,
    /// Addresses are congruent to offsets in the file modulo this.
    pub file_align: PageSize,
    /// Address of the first byte of the image; 0 where the loader chooses.
    pub image_base: u64,
    /// Template of the script for the linker inside; empty where the format's linkers take none.
    pub linker_script: String,
    /// Template of the script for other linkers.
    pub external_linker_script: String,
    /// Name of its runtime.
    pub runtime: String,
    /// The memory that a program owns, where there is no system.
    pub ram: Option<Range<u64>>,
    /// The core that runs the program there.
    pub boot_core: u64,
    /// Default size of the stack, in bytes.
    pub stack_size: u64,
    /// How accesses are kept in bounds by default.
    pub bounds: Bounds,
    /// Where memory and image lie in programs that make objects, if elsewhere.
    heap: Option<HeapKeys>,
}

impl Target {
    /// The target as programs have it that make objects, if `has_heap`: their memory does not lie where objects do.
    #[must_use]
    pub fn with_heap(mut self, has_heap: bool) -> Self {
        if let Some(HeapKeys { memory_base, image_base }) = self.heap.filter(|_| has_heap) {
            self.codegen.memory_base = Some(memory_base);
            self.image_base = image_base;
        }
        self
    }

    /// Whether its programs run on Linux.
    pub fn is_linux(&self) -> bool {
        self.codegen.triple.operating_system == target_lexicon::OperatingSystem::Linux
    }

    /// The target called `name`, or described by the file of that name where it ends in `.toml`, for the CPU called
    /// `cpu`: by default, this machine's target and the target's baseline.
    ///
    /// # Errors
    /// Where there is no such target or CPU, or the file is not valid.
    pub fn find(name: Option<&str>, cpu: Option<&str>) -> Result<Self, Error> {
        let name = name.unwrap_or(DEFAULT);
        let path = Path::new(name);
        if path.extension().is_some_and(|extension| extension == "toml") {
            let text = fs::read_to_string(path).map_err(|error| Error::reading(path, &error))?;
            return TargetFile::parse(name, &text)?.resolve(path.parent(), cpu);
        }
        let known = TargetFile::built_in();
        match known.iter().find(|file| file.name == name || file.aliases.iter().any(|alias| alias == name)) {
            Some(file) => file.resolve(None, cpu),
            None => {
                let names: Vec<&str> = known.iter().map(|file| file.name.as_str()).collect();
                let error = Error::new(format!("unknown target `{name}`"));
                Err(error
                    .help(format!("known targets: {}; or give a file: `--target my-board.toml`", names.join(", "))))
            }
        }
    }
}

/// The default target: this machine's, where it is a known one.
const DEFAULT: &str = runtimes::NATIVE;

impl TargetFile {
    /// The targets that are built in, by name.
    pub fn built_in() -> Vec<Self> {
        let parse = |(name, text): &(&str, &str)| Self::parse(name, text).expect("built-in target files are valid");
        wasmc_targets::FILES.iter().map(parse).collect()
    }

    fn parse(name: &str, text: &str) -> Result<Self, Error> {
        toml::from_str(text).map_err(|error| {
            let line = error.span().map(|span| text[..span.start.min(text.len())].matches('\n').count() + 1);
            let error = Error::new(format!("this is not a target file: {}", error.message()));
            error.in_file(name).at_line(line).help("targets/README.md lists the keys")
        })
    }

    fn resolve(&self, folder: Option<&Path>, cpu: Option<&str>) -> Result<Target, Error> {
        let invalid = |what: String| Error::new(format!("target `{}`: {what}", self.name));
        let mut triple: target_lexicon::Triple =
            self.triple.parse().map_err(|error| invalid(format!("triple `{}`: {error}", self.triple)))?;
        let architecture = match triple.architecture {
            target_lexicon::Architecture::X86_64 => Architecture::X86_64,
            target_lexicon::Architecture::Aarch64(_) => Architecture::Aarch64,
            target_lexicon::Architecture::Riscv64(_) => Architecture::Riscv64,
            other => return Err(invalid(format!("no code can be made for architecture `{other}`"))),
        };
        triple.binary_format = match self.object_format {
            ObjectFormat::Elf => target_lexicon::BinaryFormat::Elf,
            ObjectFormat::MachO => target_lexicon::BinaryFormat::Macho,
        };
        self.check_format(&triple).map_err(invalid)?;
        let ram = self.ram(&triple).map_err(invalid)?;
        let page_size = PageSize::new(self.page_size)
            .ok_or_else(|| invalid(format!("page-size {} is not a power of two", self.page_size)))?;
        let script = self.linker_script.as_ref().map(|name| self.script(name, folder)).transpose()?.unwrap_or_default();
        let external = self.external_linker_script.as_ref().map(|name| self.script(name, folder)).transpose()?;
        Ok(Target {
            name: self.name.clone(),
            codegen: wasmc_codegen::Target {
                triple,
                cpu_flags: self.cpu_flags(cpu)?,
                memory_base: self.memory.base,
                memory_capacity: self.memory.capacity,
                page_size: self.page_size,
            },
            object_format: self.object_format,
            architecture,
            page_size,
            file_align: if ram.is_some() { PageSize::LOADED } else { page_size },
            image_base: self.image_base.unwrap_or(0),
            external_linker_script: external.unwrap_or_else(|| script.clone()),
            linker_script: script,
            runtime: self.runtime.clone(),
            ram,
            boot_core: self.boot_core,
            stack_size: self.stack_size,
            bounds: match self.memory.bounds {
                BoundsKey::Guard => Bounds::Guard,
                BoundsKey::Explicit => Bounds::Explicit,
            },
            heap: self.heap,
        })
    }

    /// The memory of a target without a system; no other target may have it.
    fn ram(&self, triple: &target_lexicon::Triple) -> Result<Option<Range<u64>>, String> {
        let is_bare = triple.operating_system == target_lexicon::OperatingSystem::None_;
        let ram = match (self.ram, is_bare) {
            (None, false) => return Ok(None),
            (Some(ram), true) => ram,
            (None, true) => {
                return Err(format!("triple `{}` names no system: [ram] must say where memory is", self.triple));
            }
            (Some(_), false) => return Err("[ram] is for targets without a system".into()),
        };
        let end = ram.base.checked_add(ram.size).ok_or("[ram] ends past the last address")?;
        let image_base = self.image_base.unwrap_or(0);
        if !(ram.base..end).contains(&image_base) {
            return Err(format!("image-base {image_base:#x} does not lie in [ram]"));
        }
        if !image_base.is_multiple_of(BARE_PAGE) || !end.is_multiple_of(BARE_PAGE) || self.page_size != BARE_PAGE {
            return Err(format!(
                "image-base and the end of [ram] must be multiples of {BARE_PAGE}, and page-size that number"
            ));
        }
        match (self.memory.base, self.memory.capacity, self.memory.bounds) {
            (None, Some(_), BoundsKey::Explicit) => Ok(Some(ram.base..end)),
            _ => Err("without a system, [memory] has a capacity, no base, and bounds = \"explicit\"".into()),
        }
    }

    /// Checks that keys are present exactly where the object format uses them.
    fn check_format(&self, triple: &target_lexicon::Triple) -> Result<(), String> {
        let is_elf = self.object_format == ObjectFormat::Elf;
        if triple.operating_system.is_like_darwin() == is_elf {
            return Err(format!("triple `{}` means another object-format", self.triple));
        }
        let keys = [("image-base", self.image_base.is_some()), ("linker-script", self.linker_script.is_some())];
        match keys.iter().find(|(_, is_present)| *is_present != is_elf) {
            Some((key, true)) => Err(format!("`{key}` means nothing in this object-format")),
            Some((key, false)) => Err(format!("`{key}` is missing")),
            None if !is_elf && self.memory.base.is_some() => {
                Err("memory.base cannot be kept: images of this object-format are loaded anywhere".into())
            }
            None => Ok(()),
        }
    }

    /// A script by name: a file beside the target's own, or a built-in one.
    fn script(&self, name: &str, folder: Option<&Path>) -> Result<String, Error> {
        if let Some(folder) = folder {
            let path = folder.join(name);
            if path.exists() {
                return fs::read_to_string(&path).map_err(|error| Error::reading(&path, &error));
            }
        }
        let built_in = wasmc_linker_scripts::SCRIPTS.iter().find(|(known, _)| *known == name);
        let missing = || Error::new(format!("target `{}`: there is no linker script `{name}`", self.name));
        built_in.map(|(_, text)| (*text).to_owned()).ok_or_else(missing)
    }

    fn cpu_flags(&self, cpu: Option<&str>) -> Result<Vec<String>, Error> {
        let name = cpu.unwrap_or(&self.cpu.baseline);
        if name == "native" {
            return runtimes::native_cpu_flags(&self.runtime)
                .map_err(|reason| Error::new(format!("no CPU `native` for target `{}`: {reason}", self.name)));
        }
        self.cpu.models.get(name).cloned().ok_or_else(|| {
            let names: Vec<&str> = self.cpu.models.keys().map(String::as_str).collect();
            let error = Error::new(format!("target `{}` has no CPU `{name}`", self.name));
            error.help(format!("its CPUs: {}, and `native` for the one of this machine", names.join(", ")))
        })
    }
}

/// Fills in the template of a script, for an image that declares `features` of its code.
pub fn fill_script(template: &str, target: &Target, memory_address: Option<u64>, features: GnuProperties) -> String {
    // A note takes two more program headers.
    let headers = if features == GnuProperties::NONE { 0x200 } else { 0x300 };
    template
        .replace("@IMAGE_BASE@", &format!("{:#x}", target.image_base))
        .replace("@HEADERS@", &format!("{headers:#x}"))
        .replace("@PAGE_SIZE@", &format!("{:#x}", target.page_size.bytes()))
        .replace("@RAM_END@", &format!("{:#x}", target.ram.as_ref().map_or(0, |ram| ram.end)))
        .replace("@BOOT_CORE@", &target.boot_core.to_string())
        .replace("@MEMORY_ADDRESS@", &format!("{:#x}", memory_address.unwrap_or(target.page_size.bytes())))
}
