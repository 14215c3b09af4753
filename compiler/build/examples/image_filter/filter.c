/* Filters of grey images: the guest, made by
   clang --target=wasm32 -O2 -mbulk-memory -nostdlib -Wl,--no-entry filter.c -o filter.wasm */

#define EXPORT(name) __attribute__((export_name(#name))) name

enum { MOST = 1 << 20 };

static unsigned char image[MOST], blurred[MOST];

/* Where the host puts an image of so many pixels; null where it is too large. */
unsigned char *EXPORT(room)(unsigned width, unsigned height)
{
    return width && height <= MOST / width ? image : 0;
}

/* Replaces each pixel by the mean of those around it. */
void EXPORT(blur)(int width, int height, int radius)
{
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            unsigned sum = 0, count = 0;
            for (int v = y - radius; v <= y + radius; v++)
                for (int u = x - radius; u <= x + radius; u++)
                    if (u >= 0 && u < width && v >= 0 && v < height) {
                        sum += image[v * width + u];
                        count++;
                    }
            blurred[y * width + x] = sum / count;
        }
    __builtin_memcpy(image, blurred, width * height);
}

/* A filter with a bug: it believes any size, and writes far behind its memory. */
void EXPORT(invert)(unsigned width, unsigned height)
{
    for (unsigned pixel = 0; pixel < width * height; pixel++)
        image[pixel] = 255 - image[pixel];
}
