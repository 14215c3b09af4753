/* A host that calls a component as a command would: it ends as the program would that the component is, too. */
#include "guest.h"
#include <stdio.h>

int main(void)
{
    static guest_imports imports;
    static guest_instance guest;
    guest_result_void_void result = {false};
    uint32_t status = guest_create(&guest, &imports, NULL, NULL);
    if (status == WASMC_OK)
        status = guest_run_run(&guest, &result);
    if (status == WASMC_OK)
        return result.is_err ? 1 : 0;
    fprintf(stderr, "%s\n", status == WASMC_VIOLATION ? guest.violation : wasmc_status_message(status));
    return 134;
}
