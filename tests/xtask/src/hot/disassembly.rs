//! The code of an executable, by llvm-objdump, and how often each instruction is executed.

use std::path::Path;
use std::process::Command;

use anyhow::{Result, ensure};

use crate::count::counter::Block;
use crate::process;

const OBJDUMP: &str = "llvm-objdump-19";

/// All functions, by address.
pub struct Program {
    functions: Vec<Function>,
}

/// The code behind one symbol.
pub struct Function {
    pub name: String,
    pub instructions: Vec<Instruction>,
}

/// An instruction.
pub struct Instruction {
    pub address: u64,
    pub text: String,
    /// How often it was executed.
    pub times: u64,
}

impl Function {
    /// How many instructions were executed in it.
    pub fn executed(&self) -> u64 {
        self.instructions.iter().map(|instruction| instruction.times).sum()
    }
}

impl Instruction {
    /// Where it goes, if it is a branch within the program that is no call.
    pub fn branch_target(&self) -> Option<u64> {
        let mnemonic = self.text.split_whitespace().next()?;
        let branches = ["j", "b", "cb", "tb"].iter().any(|start| mnemonic.starts_with(start));
        if !branches || ["jal", "jalr", "bl", "blr", "bt", "bts", "btr", "bfi", "bic", "bfxil"].contains(&mnemonic) {
            return None;
        }
        let (before, _) = self.text.rsplit_once(" <")?;
        let (_, digits) = before.rsplit_once("0x")?;
        u64::from_str_radix(digits, 16).ok()
    }
}

impl Program {
    /// Disassembles an executable.
    pub fn read(path: &Path) -> Result<Self> {
        ensure!(process::find(OBJDUMP).is_some(), "{OBJDUMP} is missing: apt-get install llvm-19");
        let mut objdump = Command::new(OBJDUMP);
        objdump.args(["--disassemble", "--demangle", "--no-show-raw-insn"]).arg(path);
        Ok(Program::parse(&String::from_utf8_lossy(&process::tool(objdump)?.stdout)))
    }

    fn parse(text: &str) -> Self {
        let mut functions: Vec<Function> = Vec::new();
        for line in text.lines() {
            if let Some((_, name)) = line.strip_suffix(">:").and_then(|line| line.split_once(" <")) {
                functions.push(Function { name: name.to_owned(), instructions: Vec::new() });
            } else if let Some((address, text)) = line.split_once(':')
                && let Ok(address) = u64::from_str_radix(address.trim(), 16)
                && let Some(function) = functions.last_mut()
            {
                let text = text.trim().replace('\t', " ");
                function.instructions.push(Instruction { address, text, times: 0 });
            }
        }
        Program { functions }
    }

    /// Adds what was executed. Blocks outside the program are left out.
    pub fn add(&mut self, blocks: &[Block]) {
        let mut code: Vec<&mut Instruction> =
            self.functions.iter_mut().flat_map(|function| &mut function.instructions).collect();
        code.sort_by_key(|instruction| instruction.address);
        for block in blocks {
            let Ok(first) = code.binary_search_by_key(&block.address, |instruction| instruction.address) else {
                continue;
            };
            code.iter_mut().skip(first).take(block.length).for_each(|instruction| instruction.times += block.times);
        }
    }

    /// Functions, those that execute most first.
    pub fn hottest(&self) -> Vec<&Function> {
        let mut functions: Vec<&Function> = self.functions.iter().filter(|function| function.executed() > 0).collect();
        functions.sort_by_key(|function| std::cmp::Reverse(function.executed()));
        functions
    }
}

#[cfg(test)]
mod tests {
    use super::{Block, Program};

    const TEXT: &str = "\
/tmp/x:\tfile format elf64-x86-64

Disassembly of section .text:

0000000000001000 <first>:
    1000:      \taddl\t$1, %eax
    1003:      \tjne\t0x1000 <first>
    1005:      \tcallq\t0x1006 <second>

0000000000001006 <second>:
    1006:      \tbt\t%eax, %ecx
    1009:      \tretq
";

    #[test]
    fn blocks_are_counted_instruction_by_instruction() {
        let mut program = Program::parse(TEXT);
        let block = |address, length, times| Block { address, length, times };
        program.add(&[block(0x1000, 2, 10), block(0x1005, 1, 1), block(0x1006, 2, 50), block(0x9000, 3, 7)]);
        let hottest = program.hottest();
        let shown: Vec<_> = hottest.iter().map(|function| (&*function.name, function.executed())).collect();
        assert_eq!(shown, [("second", 100), ("first", 21)]);
    }

    #[test]
    fn branches_that_are_no_calls_have_targets() {
        let program = Program::parse(TEXT);
        let targets = program.functions.iter().flat_map(|function| &function.instructions);
        let targets: Vec<_> = targets.map(|instruction| instruction.branch_target()).collect();
        assert_eq!(targets, [None, Some(0x1000), None, None, None]);
    }
}
