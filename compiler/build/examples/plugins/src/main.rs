//! A host with two plug-ins, which call it back: each is a sandbox of its own, and they share nothing.

#![forbid(unsafe_code)]

use std::collections::HashMap;
use std::error::Error;
use wasmc_embed::{Memory, Trap};

wasmc_embed::include!(shout);
wasmc_embed::include!(count);

/// What a plug-in has of its host.
#[derive(Default)]
struct Host {
    settings: HashMap<String, String>,
    said: Vec<String>,
}

impl Host {
    fn say(&mut self, memory: &Memory<'_>, text: i32, len: i32) -> Result<(), wasmc_embed::Error> {
        let text = memory.bytes(text as u32, len as u32)?;
        self.said.push(String::from_utf8_lossy(text).into_owned());
        Ok(())
    }

    fn setting(
        &mut self,
        memory: &mut Memory<'_>,
        (name, name_len): (i32, i32),
        (value, room): (i32, i32),
    ) -> Result<i32, wasmc_embed::Error> {
        let name = String::from_utf8_lossy(memory.bytes(name as u32, name_len as u32)?).into_owned();
        let Some(found) = self.settings.get(&name) else { return Ok(-1) };
        let copied = found.len().min(room as u32 as usize);
        memory.write_bytes(value as u32, &found.as_bytes()[..copied])?;
        Ok(found.len() as i32)
    }
}

/// A plug-in, whichever.
trait Plugin {
    fn on_line(&mut self, line: &str) -> Result<(), Box<dyn Error>>;
    fn on_end(&mut self) -> Result<Vec<String>, Trap>;
}

/// Both modules import and export the same, so that one text serves both.
macro_rules! plugin {
    ($module:ident) => {
        impl $module::Imports for Host {
            fn host_say(
                &mut self,
                guest: &mut $module::Guest<'_, Self>,
                text: i32,
                len: i32,
            ) -> Result<(), wasmc_embed::Error> {
                self.say(&guest.memory(), text, len)
            }

            fn host_setting(
                &mut self,
                guest: &mut $module::Guest<'_, Self>,
                name: i32,
                name_len: i32,
                value: i32,
                room: i32,
            ) -> Result<i32, wasmc_embed::Error> {
                self.setting(&mut guest.memory(), (name, name_len), (value, room))
            }
        }

        impl Plugin for $module::Instance<Host> {
            fn on_line(&mut self, line: &str) -> Result<(), Box<dyn Error>> {
                let (room, most) = (self.line_room()? as u32, self.line_most()? as u32);
                if line.len() > most as usize {
                    return Err("the line is too long".into());
                }
                self.memory().write_bytes(room, line.as_bytes())?;
                Ok(self.on_line(line.len() as i32)?)
            }

            fn on_end(&mut self) -> Result<Vec<String>, Trap> {
                self.on_end()?;
                Ok(std::mem::take(&mut self.host_mut().said))
            }
        }
    };
}

plugin!(shout);
plugin!(count);

fn main() -> Result<(), Box<dyn Error>> {
    let settings = |name: &str, value: &str| HashMap::from([(name.to_owned(), value.to_owned())]);
    let host = |settings| Host { settings, ..Host::default() };
    let mut plugins: Vec<(&str, Box<dyn Plugin>)> = vec![
        ("shout", Box::new(shout::Instance::new(host(settings("mark", "!")))?)),
        ("count", Box::new(count::Instance::new(host(settings("label", "words:")))?)),
    ];
    for line in ["hello plug-ins", "three more words"] {
        for (_, plugin) in &mut plugins {
            plugin.on_line(line)?;
        }
    }
    for (name, plugin) in &mut plugins {
        println!("{name}: {}", plugin.on_end()?.join(" "));
    }
    Ok(())
}
