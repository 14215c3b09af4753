/*
 * A plugin for QEMU's user mode that counts the instructions and the translation blocks that a program executes.
 *
 *     qemu-aarch64 -plugin ./plugin.so,out=FILE[,each=FILE] PROGRAM...
 *
 * The first file then holds "INSTRUCTIONS BLOCKS", the second, where it is asked for, a line "ADDRESS INSTRUCTIONS
 * TIMES" for each block that was executed. Counts do not depend on the machine or on what else it is doing.
 *
 * Debian has no package with QEMU's header, so what is used of it is declared here: version 1 of the interface, which
 * Debian 12's QEMU 7.2 has.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint64_t qemu_plugin_id_t;
typedef struct qemu_info qemu_info_t;
struct qemu_plugin_tb;

/* The only operation that QEMU inlines. */
enum qemu_plugin_op { QEMU_PLUGIN_INLINE_ADD_U64 };

typedef void (*qemu_plugin_vcpu_tb_trans_cb_t)(qemu_plugin_id_t, struct qemu_plugin_tb *);
typedef void (*qemu_plugin_udata_cb_t)(qemu_plugin_id_t, void *);

extern void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t, qemu_plugin_vcpu_tb_trans_cb_t);
extern void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *, enum qemu_plugin_op, void *, uint64_t);
extern void qemu_plugin_register_atexit_cb(qemu_plugin_id_t, qemu_plugin_udata_cb_t, void *);
extern size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
extern uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *);

int qemu_plugin_version = 1;

static uint64_t instructions, blocks;
static char out[4096], each[4096];

/* A translation of a block; one that was dropped and made again has several. */
struct translation {
    struct translation *next;
    uint64_t address, length, times;
};

static struct translation *translations;

/* What a block adds is known when it is translated; inlined additions cost little when it runs. */
static void on_translation(qemu_plugin_id_t id, struct qemu_plugin_tb *block) {
    (void)id;
    size_t length = qemu_plugin_tb_n_insns(block);
    qemu_plugin_register_vcpu_tb_exec_inline(block, QEMU_PLUGIN_INLINE_ADD_U64, &instructions, length);
    qemu_plugin_register_vcpu_tb_exec_inline(block, QEMU_PLUGIN_INLINE_ADD_U64, &blocks, 1);
    if (each[0] == 0)
        return;
    struct translation *translation = malloc(sizeof *translation);
    if (translation == NULL)
        abort();
    *translation = (struct translation){translations, qemu_plugin_tb_vaddr(block), length, 0};
    translations = translation;
    qemu_plugin_register_vcpu_tb_exec_inline(block, QEMU_PLUGIN_INLINE_ADD_U64, &translation->times, 1);
}

static FILE *create(const char *path) {
    FILE *file = fopen(path, "w");
    if (file == NULL)
        perror(path);
    return file;
}

static void on_exit_of_program(qemu_plugin_id_t id, void *unused) {
    (void)id, (void)unused;
    FILE *file = create(out);
    if (file != NULL) {
        fprintf(file, "%" PRIu64 " %" PRIu64 "\n", instructions, blocks);
        fclose(file);
    }
    if (each[0] == 0 || (file = create(each)) == NULL)
        return;
    for (struct translation *it = translations; it != NULL; it = it->next)
        if (it->times > 0)
            fprintf(file, "%" PRIx64 " %" PRIu64 " %" PRIu64 "\n", it->address, it->length, it->times);
    fclose(file);
}

int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv) {
    (void)info;
    for (int i = 0; i < argc; i++) {
        char *value = strchr(argv[i], '=');
        if (value == NULL || strlen(++value) >= sizeof out) {
            fprintf(stderr, "the plugin does not take %s\n", argv[i]);
            return 1;
        }
        strcpy(strncmp(argv[i], "each=", 5) == 0 ? each : out, value);
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
    qemu_plugin_register_atexit_cb(id, on_exit_of_program, NULL);
    return 0;
}
