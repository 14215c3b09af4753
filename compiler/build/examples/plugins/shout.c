/* Says each line in capitals, and what the host has set behind it. */
#include "plugin.h"

void EXPORT(on_line)(unsigned len)
{
    char mark[8];
    for (unsigned at = 0; at < len; at++)
        if (line[at] >= 'a' && line[at] <= 'z')
            line[at] -= 'a' - 'A';
    say(line, len);
    int given = setting("mark", 4, mark, sizeof mark);
    if (given > 0)
        say(mark, given < (int)sizeof mark ? given : (int)sizeof mark);
}

void EXPORT(on_end)(void)
{
}
