// How a token is drawn, and its noise: a function of a counter, so any token of any image can be drawn without those before it.
#include "device.cuh"

/// How the tokens of one image are drawn at one scale, as C# passes it (48 bytes).
struct Draw
{
    double guidance;
    int topK;
    int pad;
    double topP;
    double temperature;
    uint64 seed;
    uint32 image;
    uint32 smooth;
};

/// The last word of the noise's counter: what the noise is for.
const uint32 NoiseOfTokens = 0;
const uint32 NoiseOfMixture = 1;

struct FourWords
{
    uint32 of[4];
};

/// Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011).
__device__ __forceinline__ FourWords philox(uint32 x, uint32 y, uint32 z, uint32 w, uint64 key)
{
    uint32 key0 = (uint32)key;
    uint32 key1 = (uint32)(key >> 32);
#pragma unroll
    for (int round = 0; round < 10; round++)
    {
        const uint64 product0 = 0xD2511F53ull * x;
        const uint64 product1 = 0xCD9E8D57ull * z;
        x = (uint32)(product1 >> 32) ^ y ^ key0;
        y = (uint32)product1;
        z = (uint32)(product0 >> 32) ^ w ^ key1;
        w = (uint32)product0;
        key0 += 0x9E3779B9;
        key1 += 0xBB67AE85;
    }

    return {{x, y, z, w}};
}

struct FourFloats
{
    float of[4];
};

/// Gumbel noise of vocabulary entries 4 x group to 4 x group + 3: u = ((x >> 9) + 0.5) x 2^-23, g = -ln(-ln(u)), in float32.
__device__ __forceinline__ FourFloats gumbel(uint32 group, uint32 position, uint32 image, uint32 purpose, uint64 seed)
{
    const FourWords words = philox(group, position, image, purpose, seed);
    FourFloats noise;
#pragma unroll
    for (int lane = 0; lane < 4; lane++)
    {
        const float uniform = ((float)(int)(words.of[lane] >> 9) + 0.5f) * (1.0f / (1 << 23));
        noise.of[lane] = -logf(-logf(uniform));
    }

    return noise;
}
