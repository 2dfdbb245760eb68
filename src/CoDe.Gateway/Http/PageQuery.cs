using CoDe.Flow;
using CoDe.Protocol.V1;

namespace CoDe.Gateway.Http;

/// <summary>Reads which page of a list is wanted: <c>page_size=50&amp;page_token=...</c>.</summary>
internal static class PageQuery
{
    private const string Size = "page_size";
    private const string Token = "page_token";

    /// <exception cref="InvalidSettingException">A field is unknown, given twice or no number.</exception>
    public static ListJobsRequest Jobs(IQueryCollection query)
    {
        Check(query);
        var request = new ListJobsRequest { PageToken = query[Token].ToString() };
        if (query.ContainsKey(Size))
        {
            request.PageSize = NumberText.Integer<uint>(Size, query[Size].ToString());
        }

        return request;
    }

    /// <exception cref="InvalidSettingException">A field is unknown, given twice or no number.</exception>
    public static ListImagesRequest Images(IQueryCollection query, string id)
    {
        Check(query);
        var request = new ListImagesRequest { Id = id, PageToken = query[Token].ToString() };
        if (query.ContainsKey(Size))
        {
            request.PageSize = NumberText.Integer<uint>(Size, query[Size].ToString());
        }

        return request;
    }

    private static void Check(IQueryCollection query)
    {
        foreach (var (name, values) in query)
        {
            if (name is not (Size or Token))
            {
                throw new InvalidSettingException("query field", name, $"{Size}, {Token}");
            }

            if (values.Count > 1)
            {
                throw new InvalidSettingException(name, string.Join(" and ", values.ToArray()), "one");
            }
        }
    }
}
