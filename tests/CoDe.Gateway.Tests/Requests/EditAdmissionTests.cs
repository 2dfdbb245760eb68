using CoDe.Flow;
using CoDe.Gateway.Requests;
using Xunit;

namespace CoDe.Gateway.Tests.Requests;

public sealed class EditAdmissionTests
{
    [Fact]
    public void Enter_BeyondTheLimit_IsRefusedUntilOneLeaves()
    {
        var admission = new EditAdmission(4);
        using var first = admission.Enter(3);
        var refused = Assert.Throws<OverloadedException>(() => admission.Enter(2));
        Assert.Equal("3 of at most 4 images of edits are being encoded", refused.Reason);
        using (admission.Enter(1))
        {
            Assert.Throws<OverloadedException>(() => admission.Enter(1));
        }

        first.Dispose();
        first.Dispose();
        admission.Enter(4).Dispose();
    }
}
