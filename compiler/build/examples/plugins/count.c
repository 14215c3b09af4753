/* Counts words, and says in the end how many there were. */
#include "plugin.h"

static unsigned words;

void EXPORT(on_line)(unsigned len)
{
    for (unsigned at = 0; at < len; at++)
        words += line[at] != ' ' && (at == 0 || line[at - 1] == ' ');
}

void EXPORT(on_end)(void)
{
    char label[16];
    int given = setting("label", 5, label, sizeof label);
    if (given > 0)
        say(label, given < (int)sizeof label ? given : (int)sizeof label);
    char digits[12], *first = digits + sizeof digits;
    do
        *--first = '0' + words % 10;
    while (words /= 10);
    say(first, digits + sizeof digits - first);
}
