# Images of the services: docker build --target gateway|drafter|refiner|worker .
# deploy/pin-images pins the two images that they are made from.
ARG SDK_IMAGE=mcr.microsoft.com/dotnet/sdk:10.0
ARG RUNTIME_IMAGE=mcr.microsoft.com/dotnet/aspnet:10.0

FROM ${SDK_IMAGE} AS build
# Of the image that is built; native libraries of other systems are left out.
ARG TARGETARCH
# cpu or cuda for stages that bring libtorch along.
ARG LIBTORCH=
WORKDIR /source

# Packages are fetched anew only when these files change.
COPY global.json Directory.Build.props Directory.Packages.props ./
COPY src/CoDe.Shared/CoDe.Shared.csproj src/CoDe.Shared/packages.lock.json src/CoDe.Shared/
COPY src/CoDe.Engine/CoDe.Engine.csproj src/CoDe.Engine/packages.lock.json src/CoDe.Engine/Programs.props src/CoDe.Engine/
COPY src/CoDe.Imaging/CoDe.Imaging.csproj src/CoDe.Imaging/packages.lock.json src/CoDe.Imaging/
COPY src/CoDe.Drafter/CoDe.Drafter.csproj src/CoDe.Drafter/packages.lock.json src/CoDe.Drafter/
COPY src/CoDe.Refiner/CoDe.Refiner.csproj src/CoDe.Refiner/packages.lock.json src/CoDe.Refiner/
COPY src/CoDe.Worker/CoDe.Worker.csproj src/CoDe.Worker/packages.lock.json src/CoDe.Worker/
COPY src/CoDe.Gateway/CoDe.Gateway.csproj src/CoDe.Gateway/packages.lock.json src/CoDe.Gateway/
# Packages that the lock files do not name, or with other bytes, are refused. What is restored for the architecture and
# for libtorch has no lock file, and takes those from the cache.
RUN dotnet restore src/CoDe.Gateway --locked-mode \
    && dotnet restore src/CoDe.Worker --arch $TARGETARCH -p:LibTorch=$LIBTORCH \
    && dotnet restore src/CoDe.Gateway --arch $TARGETARCH

COPY . .
# The gateway comes last and without libtorch, although it has a worker in it.
RUN libtorch=$LIBTORCH; \
    for service in Drafter Refiner Worker Gateway; do \
        [ $service != Gateway ] || libtorch=; \
        dotnet publish src/CoDe.$service --configuration Release --arch $TARGETARCH --no-self-contained --output /publish/$service \
            -p:LibTorch=$libtorch -p:DebugType=none -p:UseAppHost=false -p:IsTransformWebConfigDisabled=true \
            -p:PublishDocumentationFile=false -p:PublishReferencesDocumentationFiles=false -p:StaticWebAssetsEnabled=false \
        || exit 1; \
    done && mkdir /publish/data

FROM ${RUNTIME_IMAGE} AS service
WORKDIR /app
# Needs bash, which the images without a distribution and those of Alpine do not have.
COPY deploy/health /usr/local/bin/code-health
# Ports are the services' own options; the base image's would only be warned of.
ENV ASPNETCORE_HTTP_PORTS=
# By default a service listens for its own machine alone, which in a container is the container.
ENV Gateway__Host=any Drafter__Host=any Refiner__Host=any Worker__Host=any
# The user "app" of the .NET images, by number so that others need not know it.
USER 1654

FROM service AS drafter
COPY --from=build /publish/Drafter ./
EXPOSE 50052 8082
# Loading a large checkpoint takes minutes, in which failed checks do not count.
HEALTHCHECK --interval=10s --timeout=5s --start-period=10m --retries=3 CMD ["code-health", "Drafter", "8082"]
ENTRYPOINT ["dotnet", "CoDe.Drafter.dll"]

FROM service AS refiner
COPY --from=build /publish/Refiner ./
EXPOSE 50053 8083
HEALTHCHECK --interval=10s --timeout=5s --start-period=10m --retries=3 CMD ["code-health", "Refiner", "8083"]
ENTRYPOINT ["dotnet", "CoDe.Refiner.dll"]

FROM service AS worker
COPY --from=build /publish/Worker ./
EXPOSE 50054 8084
HEALTHCHECK --interval=10s --timeout=5s --start-period=10m --retries=3 CMD ["code-health", "Worker", "8084"]
ENTRYPOINT ["dotnet", "CoDe.Worker.dll"]

FROM service AS gateway
COPY --from=build /publish/Gateway ./
# A volume that is mounted here belongs to the user of the service.
COPY --from=build --chown=1654:1654 /publish/data /data
EXPOSE 50051 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=10m --retries=3 CMD ["code-health", "Gateway", "8080"]
ENTRYPOINT ["dotnet", "CoDe.Gateway.dll"]
