// Conversions, against their definition in float64.
#include <cmath>
#include <random>

#include "../device.cuh"
#include "card.h"

namespace {

// A binary format: bits of the fraction, and the exponent of its smallest normal number.
struct Format {
    int fraction, least;
    unsigned infinity;
};

constexpr Format f16 = {10, -14, 0x7C00}, bf16 = {7, -126, 0x7F80};

double value_of(unsigned bits, Format format)
{
    unsigned magnitude = bits & 0x7FFF, exponent = magnitude >> format.fraction;
    double fraction = magnitude & ((1u << format.fraction) - 1);
    double value = exponent == 0 ? std::ldexp(fraction, format.least - format.fraction)
                                 : std::ldexp(fraction + (1 << format.fraction), (int)exponent - 1 + format.least - format.fraction);
    value = magnitude == format.infinity ? INFINITY : magnitude > format.infinity ? NAN : value;
    return bits & 0x8000 ? -value : value;
}

// Rounds to the format's step at this magnitude, in float64, where the division and the product are exact.
unsigned bits_of(float value, Format format)
{
    if (value != value) {
        return 0x7FFF;
    }
    unsigned sign = std::signbit(value) ? 0x8000 : 0;
    double magnitude = std::fabs((double)value);
    if (magnitude == INFINITY) {
        return sign | format.infinity;
    }
    int exponent = magnitude == 0 ? format.least : std::max(std::ilogb(magnitude), format.least);
    double steps = std::nearbyint(std::ldexp(magnitude, format.fraction - exponent));
    // Steps of a normal number count its leading one too, which adds one to the exponent field.
    double bits = steps + std::ldexp((double)(exponent - format.least), format.fraction);
    return sign | (bits >= format.infinity ? format.infinity : (unsigned)bits);
}

template <class T>
void check_all(Format format)
{
    for (unsigned bits = 0; bits < 65536; bits++) {
        double expected = value_of(bits, format);
        float wide = to_float(T{(unsigned short)bits});
        if (std::isnan(expected)) {
            CHECK(std::isnan(wide));
            CHECK(from_float<T>(wide).bits == 0x7FFF);
        } else {
            CHECK((double)wide == expected && std::signbit(wide) == std::signbit(expected));
            CHECK(from_float<T>(wide).bits == bits);
        }
    }
}

template <class T>
void check_rounding(Format format)
{
    std::mt19937 random(7);
    for (int i = 0; i < 4000000; i++) {
        uint32 bits = random();
        // Every other near the format's own range and half steps, where ties and overflow are.
        if (i % 2 == 1) {
            bits = __float_as_uint((float)value_of(bits & 0xFFFF, format)) + ((bits >> 16 & 3) - 1) + (bits >> 18 & 1) * 0x1000u;
        }
        float value = __uint_as_float(bits);
        CHECK(from_float<T>(value).bits == bits_of(value, format));
    }
    for (float value : {65519.99f, 65520.0f, -65520.0f, 5.9604645e-8f, 2.9802322e-8f, 2.9802326e-8f, 3.4e38f, 3.3961775e38f, 1e-45f}) {
        CHECK(from_float<T>(value).bits == bits_of(value, format));
    }
}

}

void test_conversions()
{
    check_all<half_t>(f16);
    check_all<bfloat_t>(bf16);
    check_rounding<half_t>(f16);
    check_rounding<bfloat_t>(bf16);
}
